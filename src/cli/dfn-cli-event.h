/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnCliEvent:
 *
 * One line of what `--json` prints: an object whose first member, `event`, says what it is. Every
 * event and its members are in the manual page.
 *
 * A line is plain ASCII but for letters and symbols of other scripts: control characters and the
 * marks that turn the direction of writing are escaped, so that a title cannot steer a terminal.
 * Numbers are written the same way in every locale.
 */
typedef struct _DfnCliEvent DfnCliEvent;

/**
 * dfn_cli_event_new:
 * @name: what happened
 *
 * Returns: (transfer full): an event without members; dfn_cli_output_event() takes it
 */
DfnCliEvent *dfn_cli_event_new (const char *name);
void dfn_cli_event_free (DfnCliEvent *self);

/**
 * dfn_cli_event_add_string:
 * @text: (nullable): text, with U+FFFD in place of what is not UTF-8; `null` for %NULL
 */
void dfn_cli_event_add_string (DfnCliEvent *self, const char *member, const char *text);

/**
 * dfn_cli_event_add_strings:
 * @texts: (nullable) (array zero-terminated=1): texts; an empty array for %NULL
 */
void dfn_cli_event_add_strings (DfnCliEvent *self, const char *member, const char *const *texts);

void dfn_cli_event_add_integer (DfnCliEvent *self, const char *member, guint64 value);
void dfn_cli_event_add_boolean (DfnCliEvent *self, const char *member, gboolean value);

/**
 * dfn_cli_event_add_number:
 * @value: a number, rounded to thousandths, below one to millionths; `null` if it is negative or no
 * finite number, which stands for unknown
 */
void dfn_cli_event_add_number (DfnCliEvent *self, const char *member, double value);

/**
 * dfn_cli_event_new_object:
 *
 * Returns: (transfer full): an object without members, for dfn_cli_event_add_objects()
 */
DfnCliEvent *dfn_cli_event_new_object (void);

/**
 * dfn_cli_event_add_objects:
 * @objects: (element-type DfnCliEvent): from dfn_cli_event_new_object()
 */
void dfn_cli_event_add_objects (DfnCliEvent *self, const char *member, const GPtrArray *objects);

/**
 * dfn_cli_event_to_line:
 *
 * Returns: (transfer full): the JSON object with a line feed
 */
char *dfn_cli_event_to_line (DfnCliEvent *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnCliEvent, dfn_cli_event_free)

G_END_DECLS
