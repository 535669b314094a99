/* SPDX-License-Identifier: MIT */
#pragma once

#include <libsoup/soup.h>

/**
 * DfnTestFakeRelay:
 *
 * A relay that behaves as a test wants, made from libsoup's server: a function of the test's own
 * is called when somebody connects and for each message.
 */
typedef struct _DfnTestFakeRelay DfnTestFakeRelay;

typedef void (*DfnTestFakeFunc) (DfnTestFakeRelay *relay,
                                 SoupWebsocketConnection *connection,
                                 const char *text);

struct _DfnTestFakeRelay {
  SoupServer *server;
  char *url;
  GPtrArray *connections;
  guint n_connected;
  guint n_messages;
  GString *heard;
  DfnTestFakeFunc on_connect;
  DfnTestFakeFunc on_text;
  const char *info;
  gpointer data;
};

/* @on_connect gets no text. Either may be NULL. */
DfnTestFakeRelay *dfn_test_fake_relay_new (DfnTestFakeFunc on_connect, DfnTestFakeFunc on_text);
void dfn_test_fake_relay_free (DfnTestFakeRelay *relay);
