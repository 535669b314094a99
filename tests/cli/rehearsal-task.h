/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-task.h"

G_BEGIN_DECLS

/* What the working halves of the rehearsed engine share: they play the script of
 * rehearsal-engine.c instead of doing any work. */

/* Plays the script in this thread's default context, and hands @func each step that is not about
 * time. */
typedef void (*RehearsalStep) (gpointer user_data, const char *verb, const char *rest);
typedef struct _RehearsalScript RehearsalScript;

RehearsalScript *rehearsal_script_begin (RehearsalStep func, gpointer user_data);
void rehearsal_script_end (RehearsalScript *self);

/* What kind of member of a snapshot a script sets. */
typedef enum {
  REHEARSAL_TEXT,
  REHEARSAL_WORDS,
  REHEARSAL_INT,   /* gboolean, gint or guint */
  REHEARSAL_INT64, /* gint64 or guint64 */
  REHEARSAL_DOUBLE,
} RehearsalKind;

typedef struct {
  const char *name; /* in scripts; NULL ends the list */
  RehearsalKind kind;
  gsize offset;
} RehearsalMember;

#define REHEARSAL_TYPE_TASK (rehearsal_task_get_type ())
GType rehearsal_task_get_type (void);

/* Final classes say in their init how scripts change their snapshots. They have no class members
 * of their own: the real classes, whose names they have, have none. */
typedef struct {
  DfnTask task;
  const RehearsalMember *members;
  gsize state; /* where in the snapshot the state is */
  int failed;  /* the state of what has failed */
  RehearsalScript *script;
} RehearsalTask;

typedef struct {
  DfnTaskClass parent_class;
} RehearsalTaskClass;

G_END_DECLS
