/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Asks a database file, as another program would, and returns the number that @sql answers with;
 * aborts the test when that fails. */
gint64 request_query (const char *path, const char *sql);

G_END_DECLS
