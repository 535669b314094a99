/* SPDX-License-Identifier: MIT */
/* A relay at a wss:// address, with a certificate that is trusted or not. */
#include "dfn-relay-client.h"
#include "dfn-test-fake-relay.h"
#include "dfn-test-loop.h"

#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <string.h>

/* A certificate for @host that signs itself, and its key, both as PEM. */
static char *
make_certificate (const char *host)
{
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
  gnutls_datum_t key_pem;
  gnutls_datum_t certificate_pem;
  char *pem;

  gnutls_x509_privkey_init (&key);
  g_assert_cmpint (gnutls_x509_privkey_generate (
                       key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0),
                   ==, 0);
  gnutls_x509_crt_init (&certificate);
  gnutls_x509_crt_set_version (certificate, 3);
  gnutls_x509_crt_set_serial (certificate, "\x01", 1);
  gnutls_x509_crt_set_activation_time (certificate, time (NULL) - 3600);
  gnutls_x509_crt_set_expiration_time (certificate, time (NULL) + 3600);
  gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, host,
                                 (unsigned) strlen (host));
  gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, host,
                                        (unsigned) strlen (host), GNUTLS_FSAN_SET);
  gnutls_x509_crt_set_ca_status (certificate, 1);
  gnutls_x509_crt_set_key (certificate, key);
  g_assert_cmpint (gnutls_x509_crt_sign2 (certificate, certificate, key, GNUTLS_DIG_SHA256, 0), ==,
                   0);
  gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &certificate_pem);
  gnutls_x509_privkey_export2 (key, GNUTLS_X509_FMT_PEM, &key_pem);
  pem = g_strdup_printf ("%s%s", certificate_pem.data, key_pem.data);
  gnutls_free (certificate_pem.data);
  gnutls_free (key_pem.data);
  gnutls_x509_crt_deinit (certificate);
  gnutls_x509_privkey_deinit (key);
  return pem;
}

static void
count_request (DfnTestFakeRelay *relay, SoupWebsocketConnection *connection, const char *text)
{
  soup_websocket_connection_send_text (connection, "[\"EOSE\",\"1\"]");
}

static void
on_eose (DfnRelayClient *client, const char *id, guint *n_eose)
{
  (*n_eose)++;
}

/* Connects to a relay with such a certificate. Returns the problem; NULL when all is well. */
static char *
connect_to (const char *certificate_host, gboolean trust)
{
  g_autofree char *pem = make_certificate (certificate_host);
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);
  g_autofree char *id = NULL;
  g_autofree char *url = NULL;
  DfnTestFakeRelay *relay = dfn_test_fake_relay_new (NULL, count_request);
  DfnRelayClient *client;
  GSList *uris;
  guint n_eose = 0;
  char *problem;

  g_close (g_file_open_tmp ("dfn-tls-XXXXXX", &path, &error), NULL);
  g_assert_true (g_file_set_contents (path, pem, -1, &error));
  database = g_tls_file_database_new (path, &error);
  g_assert_no_error (error);
  g_tls_backend_set_default_database (g_tls_backend_get_default (), trust ? database : NULL);
  certificate = g_tls_certificate_new_from_pem (pem, -1, &error);
  g_assert_no_error (error);
  soup_server_set_tls_certificate (relay->server, certificate);
  soup_server_disconnect (relay->server);
  soup_server_listen_local (relay->server, 0,
                            SOUP_SERVER_LISTEN_HTTPS | SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (relay->server);
  url = g_strdup_printf ("wss://localhost:%d", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);

  client = dfn_relay_client_new (url, &error);
  g_assert_no_error (error);
  g_signal_connect (client, "eose", G_CALLBACK (on_eose), &n_eose);
  g_ptr_array_add (filters, dfn_nostr_filter_new ());
  id = dfn_relay_client_subscribe (client, filters);
  dfn_relay_client_start (client);
  dfn_test_wait_until (n_eose > 0 || dfn_relay_client_get_state (client) == DFN_RELAY_WAITING);
  problem = g_strdup (dfn_relay_client_get_problem (client));
  dfn_relay_client_stop (client);
  dfn_test_run_for (50);
  g_assert_finalize_object (client);
  dfn_test_fake_relay_free (relay);
  g_tls_backend_set_default_database (g_tls_backend_get_default (), NULL);
  g_unlink (path);
  return problem;
}

static void
test_trusted (void)
{
  g_autofree char *problem = connect_to ("localhost", TRUE);

  g_assert_cmpstr (problem, ==, NULL);
}

static void
test_stranger (void)
{
  g_autofree char *problem = connect_to ("localhost", FALSE);

  g_assert_nonnull (problem);
  g_test_message ("%s", problem);
  g_assert_nonnull (strstr (problem, "certificate"));
}

static void
test_other_name (void)
{
  g_autofree char *problem = connect_to ("relay.example", TRUE);

  g_assert_nonnull (problem);
  g_assert_nonnull (strstr (problem, "certificate"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_print ("1..0 # SKIP glib-networking is not installed\n");
      return 0;
    }
  g_test_add_func ("/relay-tls/trusted", test_trusted);
  g_test_add_func ("/relay-tls/stranger", test_stranger);
  g_test_add_func ("/relay-tls/other-name", test_other_name);

  return g_test_run ();
}
