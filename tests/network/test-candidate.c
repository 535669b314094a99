/* SPDX-License-Identifier: MIT */
#include "dfn-candidate.h"

/* An address of each range, how far it reaches and whether packets may ever be sent there. */
static const struct {
  const char *address;
  DfnScope scope;
  gboolean acceptable;
} addresses[] = {
  /* Ordinary ones, also beside the ranges below. */
  { "198.51.100.7", DFN_SCOPE_PUBLIC, TRUE },
  { "1.0.0.1", DFN_SCOPE_PUBLIC, TRUE },
  { "9.255.255.255", DFN_SCOPE_PUBLIC, TRUE },
  { "11.0.0.0", DFN_SCOPE_PUBLIC, TRUE },
  { "172.15.255.255", DFN_SCOPE_PUBLIC, TRUE },
  { "172.32.0.0", DFN_SCOPE_PUBLIC, TRUE },
  { "192.167.255.255", DFN_SCOPE_PUBLIC, TRUE },
  { "192.169.0.0", DFN_SCOPE_PUBLIC, TRUE },
  { "169.253.255.255", DFN_SCOPE_PUBLIC, TRUE },
  { "126.255.255.255", DFN_SCOPE_PUBLIC, TRUE },
  { "128.0.0.1", DFN_SCOPE_PUBLIC, TRUE },
  { "100.63.255.255", DFN_SCOPE_PUBLIC, TRUE },
  { "100.128.0.0", DFN_SCOPE_PUBLIC, TRUE },
  { "223.255.255.255", DFN_SCOPE_PUBLIC, TRUE },
  { "2001:db8::1", DFN_SCOPE_PUBLIC, TRUE },
  { "2003::1", DFN_SCOPE_PUBLIC, TRUE },
  { "fbff::1", DFN_SCOPE_PUBLIC, TRUE },
  { "fe00::1", DFN_SCOPE_PUBLIC, TRUE },
  /* RFC 1918 */
  { "10.0.0.0", DFN_SCOPE_LAN, TRUE },
  { "10.255.255.255", DFN_SCOPE_LAN, TRUE },
  { "172.16.0.1", DFN_SCOPE_LAN, TRUE },
  { "172.31.255.255", DFN_SCOPE_LAN, TRUE },
  { "192.168.0.1", DFN_SCOPE_LAN, TRUE },
  { "192.168.255.255", DFN_SCOPE_LAN, TRUE },
  /* RFC 6598 */
  { "100.64.0.0", DFN_SCOPE_LAN, TRUE },
  { "100.127.255.255", DFN_SCOPE_LAN, TRUE },
  /* RFC 3927, RFC 4193, the retired site-local ones of RFC 3879 */
  { "169.254.1.2", DFN_SCOPE_LAN, TRUE },
  { "fc00::1", DFN_SCOPE_LAN, TRUE },
  { "fdff::1", DFN_SCOPE_LAN, TRUE },
  { "fec0::1", DFN_SCOPE_LAN, TRUE },
  /* Link-local IPv6 means nothing without its zone. */
  { "fe80::1", DFN_SCOPE_LAN, FALSE },
  { "febf::1", DFN_SCOPE_LAN, FALSE },
  /* Loopback */
  { "127.0.0.1", DFN_SCOPE_HOST, TRUE },
  { "127.255.255.255", DFN_SCOPE_HOST, TRUE },
  { "::1", DFN_SCOPE_HOST, TRUE },
  /* No single computer */
  { "0.0.0.0", DFN_SCOPE_PUBLIC, FALSE },
  { "0.1.2.3", DFN_SCOPE_PUBLIC, FALSE },
  { "::", DFN_SCOPE_PUBLIC, FALSE },
  { "224.0.0.1", DFN_SCOPE_PUBLIC, FALSE },
  { "239.255.255.255", DFN_SCOPE_PUBLIC, FALSE },
  { "240.0.0.1", DFN_SCOPE_PUBLIC, FALSE },
  { "255.255.255.255", DFN_SCOPE_PUBLIC, FALSE },
  { "ff02::1", DFN_SCOPE_PUBLIC, FALSE },
  { "ff0e::1", DFN_SCOPE_PUBLIC, FALSE },
  /* IPv4 in IPv6 clothes */
  { "::ffff:127.0.0.1", DFN_SCOPE_PUBLIC, FALSE },
  { "::ffff:192.168.0.1", DFN_SCOPE_PUBLIC, FALSE },
  { "::ffff:198.51.100.7", DFN_SCOPE_PUBLIC, FALSE },
  { "::192.168.0.1", DFN_SCOPE_PUBLIC, FALSE },
  { "64:ff9b::10.0.0.1", DFN_SCOPE_PUBLIC, FALSE },
  { "2002:7f00:1::1", DFN_SCOPE_PUBLIC, FALSE },
};

static DfnCandidate *
make (const char *text, guint16 port)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  g_assert_nonnull (address);
  return dfn_candidate_new (DFN_CANDIDATE_HOST, address, port, 17, "foundation");
}

static void
test_ranges (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autoptr (DfnCandidate) candidate = make (addresses[i].address, 4000);

      g_test_message ("%s", addresses[i].address);
      g_assert_cmpint (dfn_scope_of_address (candidate->address), ==, addresses[i].scope);
      for (DfnScope scope = DFN_SCOPE_HOST; scope <= DFN_SCOPE_PUBLIC; scope++)
        g_assert_cmpint (dfn_candidate_is_acceptable (candidate, scope), ==,
                         addresses[i].acceptable && addresses[i].scope >= scope);
    }
}

/* Private addresses stay where they mean something. */
static void
test_own (void)
{
  g_autoptr (DfnCandidate) public = make ("198.51.100.7", 4000);
  g_autoptr (DfnCandidate) private = make ("10.1.2.3", 4000);
  g_autoptr (DfnCandidate) loopback = make ("127.0.0.1", 4000);
  g_autoptr (DfnCandidate) zoned = make ("fe80::1", 4000);

  g_assert_true (dfn_candidate_may_travel (public, DFN_SCOPE_PUBLIC));
  g_assert_false (dfn_candidate_may_travel (private, DFN_SCOPE_PUBLIC));
  g_assert_false (dfn_candidate_may_travel (loopback, DFN_SCOPE_PUBLIC));
  g_assert_true (dfn_candidate_may_travel (private, DFN_SCOPE_LAN));
  g_assert_false (dfn_candidate_may_travel (loopback, DFN_SCOPE_LAN));
  g_assert_true (dfn_candidate_may_travel (loopback, DFN_SCOPE_HOST));
  g_assert_false (dfn_candidate_may_travel (zoned, DFN_SCOPE_HOST));
}

static void
test_port (void)
{
  g_autoptr (DfnCandidate) without = make ("198.51.100.7", 0);
  g_autoptr (DfnCandidate) highest = make ("198.51.100.7", 65535);

  g_assert_false (dfn_candidate_is_acceptable (without, DFN_SCOPE_PUBLIC));
  g_assert_true (dfn_candidate_is_acceptable (highest, DFN_SCOPE_PUBLIC));
}

static void
test_copy (void)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string ("2001:db8::1");
  g_autofree char *longest = g_strnfill (DFN_CANDIDATE_FOUNDATION_MAX + 5, 'x');
  DfnCandidate *candidate = dfn_candidate_new (DFN_CANDIDATE_RELAYED, address, 7, 9, longest);
  g_autoptr (DfnCandidate) copy = dfn_candidate_copy (candidate);

  dfn_candidate_free (candidate);
  g_assert_cmpint (copy->type, ==, DFN_CANDIDATE_RELAYED);
  g_assert_true (g_inet_address_equal (copy->address, address));
  g_assert_cmpuint (copy->port, ==, 7);
  g_assert_cmpuint (copy->priority, ==, 9);
  g_assert_cmpuint (strlen (copy->foundation), ==, DFN_CANDIDATE_FOUNDATION_MAX);
}

static void
test_urls (void)
{
  static const struct {
    const char *url;
    DfnScope scope;
  } urls[] = {
    { "wss://relay.example", DFN_SCOPE_PUBLIC },
    { "wss://relay.example:7777/path", DFN_SCOPE_PUBLIC },
    { "ws://198.51.100.7:7777", DFN_SCOPE_PUBLIC },
    { "ws://[2001:db8::1]:7777", DFN_SCOPE_PUBLIC },
    { "ws://192.168.77.2:7777", DFN_SCOPE_LAN },
    { "ws://169.254.1.1", DFN_SCOPE_LAN },
    { "ws://[fd00::1]:7777", DFN_SCOPE_LAN },
    { "ws://den.local:7777", DFN_SCOPE_LAN },
    { "ws://Den.LOCAL", DFN_SCOPE_LAN },
    { "ws://127.0.0.1:7777", DFN_SCOPE_HOST },
    { "ws://[::1]:7777/", DFN_SCOPE_HOST },
    { "ws://localhost:7777", DFN_SCOPE_HOST },
    { "ws://LOCALHOST", DFN_SCOPE_HOST },
    /* Names that only look so, and what is no URL: nothing private is told there. */
    { "ws://localhost.example", DFN_SCOPE_PUBLIC },
    { "ws://127.0.0.1.example", DFN_SCOPE_PUBLIC },
    { "ws://local", DFN_SCOPE_PUBLIC },
    { "ws://[::ffff:127.0.0.1]", DFN_SCOPE_PUBLIC },
    { "ws://user@relay.example:1/127.0.0.1", DFN_SCOPE_PUBLIC },
    { "127.0.0.1", DFN_SCOPE_PUBLIC },
    { "ws:///", DFN_SCOPE_PUBLIC },
    { "", DFN_SCOPE_PUBLIC },
    { "\xff", DFN_SCOPE_PUBLIC },
  };

  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_assert_cmpint (dfn_scope_of_url (urls[i].url), ==, urls[i].scope);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/candidate/ranges", test_ranges);
  g_test_add_func ("/network/candidate/own", test_own);
  g_test_add_func ("/network/candidate/port", test_port);
  g_test_add_func ("/network/candidate/copy", test_copy);
  g_test_add_func ("/network/candidate/urls", test_urls);
  return g_test_run ();
}
