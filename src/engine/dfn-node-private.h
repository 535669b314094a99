/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-node.h"

G_BEGIN_DECLS

/* For sessions: how their working half gets to the engine's thread and away from it. */

/* Called on the engine's thread. */
typedef void (*DfnTaskFunc) (gpointer task);

/**
 * dfn_node_start_task:
 * @task: (transfer none): an object that has done nothing yet
 * @start: begins its work, on the engine's thread
 */
void dfn_node_start_task (DfnNode *self, gpointer task, DfnTaskFunc start);

/**
 * dfn_node_stop_task:
 * @task: (transfer full): an object that was started
 * @stop: ends its work, on the engine's thread, where its last reference goes as well
 */
void dfn_node_stop_task (DfnNode *self, gpointer task, DfnTaskFunc stop);

G_END_DECLS
