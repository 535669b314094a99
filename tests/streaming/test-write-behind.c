/* SPDX-License-Identifier: MIT */
#include "dfn-write-behind.h"

#include "dfn-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#define RANGE (64 * 1024)
#define N_RANGES (3 * DFN_WRITE_BEHIND_WINDOW)
/* Where nothing can be let go of: memory is all there is, or the pages belong to a layer below. */
#define TMPFS 0x01021994
#define OVERLAYFS 0x794c7630

typedef struct {
  char *path;
  int fd;
  DfnWriteBehind *behind;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->fd = g_file_open_tmp ("dfn-write-behind-XXXXXX", &f->path, NULL);
  g_assert_cmpint (f->fd, >=, 0);
  f->behind = dfn_write_behind_new (f->fd);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  dfn_write_behind_free (f->behind);
  close (f->fd);
  g_unlink (f->path);
  g_free (f->path);
}

/* In an order that is not the file's. */
static goffset
nth_offset (guint i)
{
  return (goffset) (i * 7 % N_RANGES) * RANGE;
}

static void
write_range (Fixture *f, guint i)
{
  guint8 data[RANGE];

  memset (data, (int) (i % 251 + 1), sizeof data);
  g_assert_true (dfn_file_write_all (f->fd, data, sizeof data, nth_offset (i)));
  g_assert_true (dfn_write_behind_add (f->behind, nth_offset (i), sizeof data));
}

/* How many pages of the nth range are in memory. */
static guint
count_resident (Fixture *f, guint i)
{
  gsize page = (gsize) sysconf (_SC_PAGESIZE);
  void *map = mmap (NULL, RANGE, PROT_READ, MAP_SHARED, f->fd, nth_offset (i));
  unsigned char resident[RANGE / 1024] = { 0 };
  guint n = 0;

  g_assert_true (map != MAP_FAILED);
  g_assert_cmpint (mincore (map, RANGE, resident), ==, 0);
  munmap (map, RANGE);
  for (gsize j = 0; j < RANGE / page; j++)
    n += resident[j] & 1;
  return n;
}

static void
test_content (Fixture *f, gconstpointer data)
{
  guint8 got[RANGE], wanted[RANGE];

  for (guint i = 0; i < N_RANGES; i++)
    write_range (f, i);
  for (guint i = 0; i < N_RANGES; i++)
    {
      memset (wanted, (int) (i % 251 + 1), sizeof wanted);
      g_assert_cmpint (dfn_file_read_all (f->fd, got, sizeof got, nth_offset (i)), ==, RANGE);
      g_assert_cmpmem (got, sizeof got, wanted, sizeof wanted);
    }
}

static void
test_lets_go (Fixture *f, gconstpointer data)
{
  struct statfs info;
  guint n_old = 0, n_new = 0;

  g_assert_cmpint (fstatfs (f->fd, &info), ==, 0);
  if (info.f_type == TMPFS || info.f_type == OVERLAYFS)
    {
      g_test_skip ("this file system keeps what is written in memory");
      return;
    }
  for (guint i = 0; i < N_RANGES; i++)
    write_range (f, i);
  for (guint i = 0; i < N_RANGES - DFN_WRITE_BEHIND_WINDOW; i++)
    n_old += count_resident (f, i);
  for (guint i = N_RANGES - DFN_WRITE_BEHIND_WINDOW; i < N_RANGES; i++)
    n_new += count_resident (f, i);
  /* Roughly: the kernel may hold on to a page for a moment, or let go of one itself. */
  g_test_message ("%u pages of old ranges and %u of new ones are in memory", n_old, n_new);
  g_assert_cmpuint (n_old, <, n_new / 2);
}

static void
test_not_a_file (void)
{
  int ends[2];
  DfnWriteBehind *behind;

  g_assert_cmpint (pipe (ends), ==, 0);
  behind = dfn_write_behind_new (ends[1]);
  for (guint i = 0; i < 2 * DFN_WRITE_BEHIND_WINDOW; i++)
    g_assert_true (dfn_write_behind_add (behind, (goffset) i * RANGE, RANGE));
  close (ends[0]);
  close (ends[1]);
  dfn_write_behind_free (behind);
}

/* A failure comes out with the range that finds it, which need not be the next one. */
static void
test_failure (void)
{
  g_autoptr (DfnWriteBehind) behind = dfn_write_behind_new (-1);
  guint i = 0;

  while (i < DFN_WRITE_BEHIND_WINDOW && dfn_write_behind_add (behind, (goffset) i * RANGE, RANGE))
    i++;
  g_assert_cmpint (errno, ==, EBADF);
  g_assert_cmpuint (i, <, DFN_WRITE_BEHIND_WINDOW);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/write-behind/content", Fixture, NULL, set_up, test_content, tear_down);
  g_test_add ("/write-behind/lets-go", Fixture, NULL, set_up, test_lets_go, tear_down);
  g_test_add_func ("/write-behind/not-a-file", test_not_a_file);
  g_test_add_func ("/write-behind/failure", test_failure);
  return g_test_run ();
}
