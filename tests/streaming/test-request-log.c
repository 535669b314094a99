/* SPDX-License-Identifier: MIT */
#include "dfn-request-database.h"
#include "dfn-request-log.h"
#include "request-query.h"
#include "streaming-test-support.h"

#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW_S G_GINT64_CONSTANT (1800000000)

static gboolean has_own_mounts;

static DfnRequestFacts
make_facts (guint64 peer)
{
  return (DfnRequestFacts){
    .peer = peer,
    .own = { .delivery_us = 120000,
             .rate = 5e5,
             .samples = 7,
             .age_us = 3000,
             .outstanding = 2,
             .outstanding_bytes = 524288,
             .oldest_us = 40000,
             .failures = 0.5,
             .rtt_us = 31000,
             .loss = 0.01 },
    .claims = { .rate = 1e6 },
    .family = DFN_REQUEST_FAMILY_IPV6,
    .policy = "decay-1",
    .probability = 0.97,
    .n_candidates = 5,
    .bytes = 262144,
    .slack_us = G_MAXINT64,
  };
}

static GArray *
make_rows (guint n)
{
  GArray *rows = g_array_new (FALSE, TRUE, sizeof (DfnRequestRow));

  for (guint i = 0; i < n; i++)
    {
      DfnRequestRow row = { .facts = make_facts (i), .policy = "decay-1", .asked_us = i * 1000 };

      g_array_append_val (rows, row);
    }
  return rows;
}

static void
log_requests (const char *path, guint n)
{
  g_autoptr (DfnRequestLog) log = dfn_request_log_new (path);
  gint64 now = g_get_monotonic_time ();

  for (guint i = 0; i < n; i++)
    {
      DfnRequestFacts facts = make_facts (dfn_request_log_name_peer (log, &i, sizeof i));
      guint64 ticket = dfn_request_log_begin (log, now, &facts);

      g_assert_cmpuint (ticket, !=, 0);
      dfn_request_log_finish (log, now + 123456, ticket, DFN_PEER_OUTCOME_DELIVERED);
    }
}

static void
test_row (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_path (scratch, "requests.db");
  DfnRequestLog *log = dfn_request_log_new (path);
  DfnRequestFacts facts = make_facts (77);
  gint64 now = g_get_monotonic_time ();
  guint64 ticket;
  GStatBuf info;

  facts.slack_us = 1500000;
  facts.is_live = TRUE;
  ticket = dfn_request_log_begin (log, now, &facts);
  dfn_request_log_finish (log, now + 250000, ticket, DFN_PEER_OUTCOME_TIMED_OUT);
  dfn_request_log_finish (log, now + 350000, ticket, DFN_PEER_OUTCOME_DELIVERED);
  dfn_request_log_begin (log, now, &facts); /* which never ends */
  dfn_request_log_free (log);

  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests"), ==, 1);
  g_assert_cmpint (
      request_query (
          path,
          "SELECT count(*) FROM requests WHERE peer = 77 AND policy = 'decay-1'"
          " AND probability = 0.97 AND candidates = 5 AND bytes = 262144 AND live = 1"
          " AND hedge = 0 AND slack_ms = 1500 AND family = 6 AND relayed = 0 AND rtt_class = 3"
          " AND own_delivery_us = 120000 AND own_rate = 5e5 AND own_samples = 7"
          " AND own_age_us = 3000 AND own_outstanding = 2 AND own_outstanding_bytes = 524288"
          " AND own_oldest_us = 40000 AND own_failures = 0.5 AND own_rtt_us = 31000"
          " AND own_loss = 0.01 AND said_rate = 1e6 AND said_queue_bytes IS NULL"
          " AND outcome = 2 AND duration_us = 250000"),
      ==, 1);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
}

/* What is not known, and what cannot be a number, is nothing. */
static void
test_unknown (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_path (scratch, "requests.db");
  DfnRequestLog *log = dfn_request_log_new (path);
  DfnRequestFacts facts = { .own = { .age_us = -1 }, .slack_us = G_MAXINT64 };
  guint64 ticket;

  facts.claims.rate = 1e300 * 1e300;
  facts.claims.queue_bytes = G_MAXUINT64;
  facts.policy = "a name that is much longer than any policy should ever have";
  ticket = dfn_request_log_begin (log, g_get_monotonic_time (), &facts);
  dfn_request_log_finish (log, g_get_monotonic_time (), ticket, DFN_PEER_OUTCOME_GONE);
  dfn_request_log_free (log);
  g_assert_cmpint (
      request_query (path,
                     "SELECT count(*) FROM requests WHERE slack_ms IS NULL AND own_rate IS NULL"
                     " AND own_age_us IS NULL AND own_delivery_us IS NULL AND said_rate IS NULL"
                     " AND own_rtt_us IS NULL AND length(policy) = 32 AND rtt_class = 0"),
      ==, 1);
}

static void
test_runs_add_up (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_path (scratch, "requests.db");

  log_requests (path, 1300);
  log_requests (path, 10);
  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests"), ==, 1310);
  g_assert_cmpint (request_query (path, "SELECT count(DISTINCT session) FROM requests"), ==, 2);
  /* The same peers have other numbers each time. */
  g_assert_cmpint (request_query (path, "SELECT count(DISTINCT peer) FROM requests"), ==, 1310);
}

static void
test_without (void)
{
  DfnRequestFacts facts = make_facts (1);

  g_assert_cmpuint (dfn_request_log_name_peer (NULL, "x", 1), ==, 0);
  g_assert_cmpuint (dfn_request_log_begin (NULL, 1, &facts), ==, 0);
  dfn_request_log_finish (NULL, 1, 5, DFN_PEER_OUTCOME_DELIVERED);
}

static void
test_bounded_open (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_path (scratch, "requests.db");
  g_autoptr (DfnRequestLog) log = dfn_request_log_new (path);
  DfnRequestFacts facts = make_facts (1);

  for (guint i = 0; i < DFN_REQUEST_LOG_MAX_OPEN; i++)
    g_assert_cmpuint (dfn_request_log_begin (log, 1, &facts), !=, 0);
  g_assert_cmpuint (dfn_request_log_begin (log, 1, &facts), ==, 0);
  dfn_request_log_finish (log, 1, 0, DFN_PEER_OUTCOME_DELIVERED);
  dfn_request_log_finish (log, 1, G_MAXUINT64, DFN_PEER_OUTCOME_DELIVERED);
  dfn_request_log_finish (log, 1, 1, DFN_PEER_OUTCOME_DELIVERED);
  g_assert_cmpuint (dfn_request_log_begin (log, 1, &facts), !=, 0);
}

static void
test_prune (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_path (scratch, "requests.db");
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) rows = make_rows (10);
  DfnRequestDatabase *database =
      dfn_request_database_open (path, 1, DFN_REQUEST_LOG_MAX_BYTES, &error);
  gint64 month_s = DFN_REQUEST_LOG_MAX_DAYS * 24 * 3600;

  g_assert_no_error (error);
  g_assert_true (dfn_request_database_add (database, rows, NOW_S - month_s - 3600, &error));
  g_assert_true (dfn_request_database_add (database, rows, NOW_S - month_s + 3600, &error));
  g_assert_true (dfn_request_database_add (database, rows, NOW_S, &error));
  g_assert_true (dfn_request_database_prune (database, NOW_S, 1000, &error));
  g_assert_no_error (error);
  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests"), ==, 20);
  g_assert_true (dfn_request_database_prune (database, NOW_S, 3, &error));
  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests"), ==, 3);
  g_assert_cmpint (request_query (path, "SELECT min(peer) FROM requests"), ==, 7);
  dfn_request_database_free (database);
}

/* The file grows no further than it may, and keeps the newest. */
static void
test_bounded_file (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_path (scratch, "requests.db");
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) rows = make_rows (1000);
  DfnRequestDatabase *database = dfn_request_database_open (path, 1, 2 << 20, &error);
  GStatBuf info;

  g_assert_no_error (error);
  for (guint i = 0; i < 40; i++)
    {
      g_assert_true (dfn_request_database_add (database, rows, NOW_S + i * 3600, &error));
      g_assert_no_error (error);
    }
  dfn_request_database_free (database);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_size, <=, 2 << 20);
  g_assert_cmpint (request_query (path, "SELECT max(hour) FROM requests"), ==, NOW_S / 3600 + 39);
  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests"), >, 4000);
}

/* Damaged files are put aside, whatever is wrong with them, and the log begins anew. */
static void
test_damaged (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_path (scratch, "requests.db");
  g_autofree char *broken = scratch_path (scratch, "requests.db.broken");
  g_autofree char *text = NULL;
  g_autofree char *kept = NULL;
  gsize length;

  g_assert_true (g_file_set_contents (path, "this is no database at all", -1, NULL));
  log_requests (path, 5);
  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests"), ==, 5);
  g_assert_true (g_file_get_contents (broken, &kept, NULL, NULL));
  g_assert_cmpstr (kept, ==, "this is no database at all");

  log_requests (path, 3000);
  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  g_assert_cmpuint (length, >, 100000);
  memset (text + length / 4, 0xa5, length / 2);
  g_assert_true (g_file_set_contents (path, text, (gssize) length, NULL));
  log_requests (path, 6);
  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests"), ==, 6);

  g_assert_true (g_file_set_contents (path, text, 5000, NULL));
  log_requests (path, 7);
  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests"), ==, 7);
}

/* What is in the header of the file, from outside. */
static void
set_header (const char *path, const char *pragma)
{
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, pragma, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

static void
test_foreign (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_path (scratch, "requests.db");
  g_autofree char *broken = scratch_path (scratch, "requests.db.broken");

  log_requests (path, 5);
  set_header (path, "PRAGMA application_id = 1234");
  log_requests (path, 3);
  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests"), ==, 3);
  g_assert_cmpint (request_query (broken, "SELECT count(*) FROM requests"), ==, 5);
}

/* What a newer version wrote is left to it. */
static void
test_newer (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_path (scratch, "requests.db");
  g_autoptr (GError) error = NULL;

  log_requests (path, 5);
  set_header (path, "PRAGMA user_version = 99");
  log_requests (path, 5);
  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests"), ==, 5);
  g_assert_null (dfn_request_database_open (path, 1, 1 << 20, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

/* Neither the peer's key nor an address nor a content's hash can be in the file: what is not a
 * number is the name of a rule. */
static void
test_privacy (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_path (scratch, "requests.db");
  guint8 key[32];
  g_autofree char *bytes = NULL;
  gsize length;
  DfnRequestLog *log = dfn_request_log_new (path);
  DfnRequestFacts facts;

  memset (key, 0x5a, sizeof key);
  facts = make_facts (dfn_request_log_name_peer (log, key, sizeof key));
  g_assert_cmpuint (facts.peer, ==, dfn_request_log_name_peer (log, key, sizeof key));
  key[31]++;
  g_assert_cmpuint (facts.peer, !=, dfn_request_log_name_peer (log, key, sizeof key));
  dfn_request_log_finish (log, 1, dfn_request_log_begin (log, 0, &facts),
                          DFN_PEER_OUTCOME_DELIVERED);
  dfn_request_log_free (log);
  g_assert_cmpint (request_query (path,
                                  "SELECT count(*) FROM pragma_table_info ('requests')"
                                  " WHERE type NOT IN ('INTEGER', 'REAL') AND name != 'policy'"),
                   ==, 0);
  g_assert_cmpint (request_query (path, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"),
                   ==, 1);
  g_assert_cmpint (request_query (path, "SELECT max(length(policy)) FROM requests"), <=, 32);
  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  g_assert_null (memmem (bytes, length, "\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a", 8));
  g_assert_null (memmem (bytes, length, "5a5a5a5a5a5a5a5a", 16));
}

static void
test_rtt_classes (void)
{
  static const gint64 rtts[] = { 0, 1, 5000, 20000, 50000, 100000, 200000, 9000000 };
  static const guint classes[] = { 0, 1, 2, 3, 4, 5, 6, 6 };

  for (gsize i = 0; i < G_N_ELEMENTS (rtts); i++)
    g_assert_cmpuint (dfn_request_database_classify_rtt (rtts[i]), ==, classes[i]);
}

/* On a disk that is nearly full the log stays away. */
static void
test_full_disk (Scratch *scratch, gconstpointer data)
{
  g_autofree char *folder = scratch_path (scratch, "small");
  g_autofree char *path = g_build_filename (folder, "requests.db", NULL);

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  if (!has_own_mounts || mount ("tmpfs", folder, "tmpfs", 0, "size=16m") != 0)
    {
      g_test_skip ("mounting a small file system is not allowed");
      return;
    }
  log_requests (path, 2000);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_cmpint (umount (folder), ==, 0);
}

/* A disk that takes no more in the middle costs the rows, nothing else. */
static int
run_limited_child (const char *path)
{
  struct rlimit limit = { .rlim_cur = 100000, .rlim_max = 100000 };

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  log_requests (path, 5000);
  return 0;
}

/* Logs without end, until it is killed. */
static int
run_endless_child (const char *path)
{
  g_autoptr (DfnRequestLog) log = dfn_request_log_new (path);

  for (;;)
    {
      DfnRequestFacts facts = make_facts (5);

      dfn_request_log_finish (log, 1, dfn_request_log_begin (log, 0, &facts),
                              DFN_PEER_OUTCOME_DELIVERED);
      g_usleep (50);
    }
  return 0;
}

static void
test_refusing_disk (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_path (scratch, "requests.db");
  const char *arguments[] = { "/proc/self/exe", "--child-limited", path, NULL };
  int status;

  g_assert_true (g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL,
                               NULL, &status, NULL));
  g_assert_true (g_spawn_check_wait_status (status, NULL));
  log_requests (path, 5);
  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests"), >=, 5);
}

/* Rows that somebody else has written by now, 0 while there is nothing to read yet. */
static gint64
count_rows (const char *path)
{
  sqlite3 *db = NULL;
  sqlite3_stmt *statement = NULL;
  gint64 number = 0;

  if (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK
      && sqlite3_prepare_v2 (db, "SELECT count(*) FROM requests", -1, &statement, NULL) == SQLITE_OK
      && sqlite3_step (statement) == SQLITE_ROW)
    number = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return number;
}

static void
test_killed (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_path (scratch, "requests.db");
  g_autofree char *broken = scratch_path (scratch, "requests.db.broken");
  const char *arguments[] = { "/proc/self/exe", "--child-endless", path, NULL };
  GPid pid;

  g_assert_true (g_spawn_async (NULL, (char **) arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                NULL, &pid, NULL));
  for (guint i = 0; i < 300 && count_rows (path) == 0; i++)
    g_usleep (G_USEC_PER_SEC / 10);
  g_usleep (G_USEC_PER_SEC / 5);
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  log_requests (path, 5);
  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests"), >, 5);
  g_assert_false (g_file_test (broken, G_FILE_TEST_EXISTS));
}

#define ADD(name, func)                                                                            \
  g_test_add ("/streaming/request-log/" name, Scratch, NULL, scratch_set_up, func,                 \
              scratch_tear_down)

int
main (int argc, char **argv)
{
  if (argc == 3 && strcmp (argv[1], "--child-limited") == 0)
    return run_limited_child (argv[2]);
  if (argc == 3 && strcmp (argv[1], "--child-endless") == 0)
    return run_endless_child (argv[2]);

  /* Before any thread exists, so that all of them see the mounts and nobody else does. */
  has_own_mounts =
      unshare (CLONE_NEWNS) == 0 && mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
  g_test_init (&argc, &argv, NULL);
  ADD ("row", test_row);
  ADD ("unknown", test_unknown);
  ADD ("runs-add-up", test_runs_add_up);
  g_test_add_func ("/streaming/request-log/without", test_without);
  ADD ("bounded-open", test_bounded_open);
  ADD ("prune", test_prune);
  ADD ("bounded-file", test_bounded_file);
  ADD ("damaged", test_damaged);
  ADD ("foreign", test_foreign);
  ADD ("newer", test_newer);
  ADD ("privacy", test_privacy);
  g_test_add_func ("/streaming/request-log/rtt-classes", test_rtt_classes);
  ADD ("full-disk", test_full_disk);
  ADD ("refusing-disk", test_refusing_disk);
  ADD ("killed", test_killed);
  return g_test_run ();
}
