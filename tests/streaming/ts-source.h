/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/* Makes a transport stream for tests: PAT and PMT each 40 packets and, where wanted, before each
 * key frame; frames of a picture on one PID, of sound on another. */
typedef struct {
  gboolean has_picture;
  gboolean marks_keys;       /* sets random_access_indicator */
  gboolean tables_with_keys; /* puts PAT and PMT right before each key frame */
  guint frame_packets;       /* packets of a frame */
  guint key_interval;        /* frames from one key frame to the next */
  guint n_frames;
  guint n_packets;
} TsSource;

/* Appends one frame. */
void ts_source_add_frame (TsSource *self, GByteArray *out);
