/* SPDX-License-Identifier: MIT */
#include "dfn-cli-entry.h"
#include "dfn-cli-exit.h"
#include "dfn-cli-listen.h"
#include "dfn-cli-text.h"

static void
test_clean (void)
{
  static const char *const cases[][2] = {
    { "plain – 映画 🎬", "plain – 映画 🎬" },
    { "a\nb\tc\rd", "a b c d" },
    { "\x1b[31mred", " [31mred" },
    { "\xc2\x9b"
      "31m",
      " 31m" },
    { "a\xe2\x80\xae"
      "b",
      "a b" },
    { "a\xff"
      "b",
      "a\xef\xbf\xbd"
      "b" },
    { "", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *clean = dfn_cli_text_clean (cases[i][0]);
      g_assert_cmpstr (clean, ==, cases[i][1]);
    }
}

static void
test_fit (void)
{
  static const struct {
    const char *text;
    guint width;
    const char *cut;
    const char *fitted;
  } cases[] = {
    { "abc", 5, "abc", "abc  " },
    { "abc", 3, "abc", "abc" },
    { "abcdef", 4, "abc…", "abc…" },
    { "映画", 4, "映画", "映画" },
    { "映画館", 5, "映画…", "映画…" },
    { "映画館", 4, "映…", "映… " },
    { "e\xcc\x81t\xc3\xa9", 3, "e\xcc\x81t\xc3\xa9", "e\xcc\x81t\xc3\xa9" },
    { "abc", 1, "…", "…" },
    { "abc", 0, "", "" },
    { "", 2, "", "  " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *cut = dfn_cli_text_cut (cases[i].text, cases[i].width);
      g_autofree char *fitted = dfn_cli_text_fit (cases[i].text, cases[i].width);

      if (cases[i].width != 3 || cases[i].text[0] != 'e')
        g_assert_cmpstr (cut, ==, cases[i].cut);
      g_assert_cmpuint (dfn_cli_text_get_width (cut), <=, cases[i].width);
      g_assert_cmpuint (dfn_cli_text_get_width (fitted), ==, cases[i].width);
      g_assert_cmpstr (fitted, ==, cases[i].fitted);
    }
}

static void
test_wrap (void)
{
  static const struct {
    const char *text;
    const char *wrapped;
  } cases[] = {
    { "", "\n" },
    { "one two", "one two\n" },
    { "one two three four", "one two\nthree four\n" },
    { "a verylongwordindeed b", "a\nverylongwordindeed\nb\n" },
    { "映画館 映画 館", "映画館\n映画 館\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *wrapped = dfn_cli_text_wrap (cases[i].text, 10);
      g_assert_cmpstr (wrapped, ==, cases[i].wrapped);
    }
}

static void
test_suggest (void)
{
  static const char *const known[] = { "relay", "broadcast", "view", "browse", "identity", NULL };
  static const char *const cases[][2] = {
    { "relays", "relay" },  { "veiw", "view" },   { "brodcast", "broadcast" },
    { "brwose", "browse" }, { "id", "identity" }, { "broad", "broadcast" },
    { "dance", NULL },      { "", NULL },         { "x", NULL },
    { "help", NULL },       { "wiev", "view" },   { "relay", "relay" },
  };
  g_autofree char *endless = g_strnfill (100000, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (dfn_cli_text_suggest (cases[i][0], known), ==, cases[i][1]);
  g_assert_null (dfn_cli_text_suggest (endless, known));
}

static void
test_listen (void)
{
  static const struct {
    const char *text;
    const char *address;
    guint16 port;
  } good[] = {
    { NULL, NULL, 7447 },
    { ":80", NULL, 80 },
    { "192.168.1.5:7", "192.168.1.5", 7 },
    { "192.168.1.5", "192.168.1.5", 7447 },
    { "[fd00::5]:7", "fd00::5", 7 },
    { "[fd00::5]", "fd00::5", 7447 },
    { "fd00::5", "fd00::5", 7447 },
    { "localhost:0", "127.0.0.1", 0 },
  };
  static const char *const bad[] = { "",           ":",         "host:1", "1.2.3.4:",
                                     "1.2.3.4:x",  "[::1",      "[::1]7", "1.2.3.4:70000",
                                     "1.2.3.4: 7", "::1:99999", "[]:7",   "1.2.3.4:+7" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *address = NULL;
      g_autoptr (GError) error = NULL;
      guint16 port;

      g_assert_true (dfn_cli_listen_parse (good[i].text, &address, &port, &error));
      g_assert_no_error (error);
      g_assert_cmpstr (address, ==, good[i].address);
      g_assert_cmpuint (port, ==, good[i].port);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *address = NULL;
      g_autoptr (GError) error = NULL;
      guint16 port;

      g_test_message ("%s", bad[i]);
      g_assert_false (dfn_cli_listen_parse (bad[i], &address, &port, &error));
      g_assert_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE);
    }
}

static void
test_age (void)
{
  static const struct {
    gint64 seconds;
    const char *text;
  } cases[] = {
    { G_MININT64, "just now" }, { 59, "just now" },        { 60, "1 minute ago" },
    { 3599, "59 minutes ago" }, { 3600, "1 hour ago" },    { 86399, "23 hours ago" },
    { 86400, "1 day ago" },     { 864000, "10 days ago" }, { G_MAXINT64, "99999 days ago" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = dfn_cli_entry_format_age (cases[i].seconds);
      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_entry (void)
{
  DfnCatalogEntry entry = { .link = (char *) "defiance:naddr1x",
                            .title = (char *) "映画\x1b[2J",
                            .size = 1500000,
                            .announced_at = 40 };
  g_autofree char *wide = dfn_cli_entry_format (&entry, 100, 0);
  g_autofree char *narrow = dfn_cli_entry_format (&entry, 100, 50);

  g_assert_cmpstr (wide, ==,
                   "映画 [2J                                     1.5 MB  1 minute ago        "
                   "defiance:naddr1x");
  g_assert_cmpstr (narrow, ==, "映画 [2J                1.5 MB  1 minute ago\n  defiance:naddr1x");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/text/clean", test_clean);
  g_test_add_func ("/cli/text/fit", test_fit);
  g_test_add_func ("/cli/text/wrap", test_wrap);
  g_test_add_func ("/cli/text/suggest", test_suggest);
  g_test_add_func ("/cli/listen", test_listen);
  g_test_add_func ("/cli/entry/age", test_age);
  g_test_add_func ("/cli/entry/row", test_entry);
  return g_test_run ();
}
