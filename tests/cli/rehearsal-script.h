/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-swarm-report.h"

/* What the sessions of the rehearsed engine share: playing the script of rehearsal-engine.c. */

typedef void (*RehearsalStep) (gpointer session, const char *verb, const char *rest);

typedef struct {
  char **lines;
  guint next;
  guint timer;
  gpointer session;
  RehearsalStep func;
} RehearsalScript;

/* Reads the script, and hands @func each step that is not about time. */
void rehearsal_begin (RehearsalScript *self, gpointer session, RehearsalStep func);
void rehearsal_end (RehearsalScript *self);

/* @rest: a code of DfnEngineError and a sentence. */
GError *rehearsal_make_error (const char *rest);
void rehearsal_set_text (char **member, const char *value);
guint rehearsal_add_report_signal (gpointer klass);
void rehearsal_add_peer (DfnSwarmReport **swarm, const char *rest);
