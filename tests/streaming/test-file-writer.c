/* SPDX-License-Identifier: MIT */
#include "dfn-file-writer.h"

#include "dfn-buffer-pool.h"
#include "dfn-file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#define CHUNK (64 * 1024)
#define N_CHUNKS 40
/* Where there is no way past the memory. */
#define TMPFS 0x01021994
#define OVERLAYFS 0x794c7630

typedef struct {
  char *path;
  int fd;
  DfnBufferPool *pool;
  DfnFileWriter *writer;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->fd = g_file_open_tmp ("dfn-file-writer-XXXXXX", &f->path, NULL);
  g_assert_cmpint (f->fd, >=, 0);
  g_assert_cmpint (ftruncate (f->fd, N_CHUNKS * CHUNK + 1), ==, 0);
  f->pool = dfn_buffer_pool_new (CHUNK, 4);
  f->writer = dfn_file_writer_new (f->fd);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  dfn_file_writer_free (f->writer);
  dfn_buffer_pool_free (f->pool);
  close (f->fd);
  g_unlink (f->path);
  g_free (f->path);
}

static gboolean
write_chunk (Fixture *f, guint index, gsize length, gsize shift)
{
  guint8 *data;
  g_autoptr (GBytes) bytes = dfn_buffer_pool_take (f->pool, CHUNK, &data);

  memset (data, (int) index + 1, CHUNK);
  return dfn_file_writer_write (f->writer, data + shift, length, (goffset) index * CHUNK);
}

static void
assert_chunk (Fixture *f, guint index, gsize length)
{
  guint8 got[CHUNK], wanted[CHUNK];

  memset (wanted, (int) index + 1, sizeof wanted);
  g_assert_cmpint (dfn_file_read_all (f->fd, got, length, (goffset) index * CHUNK), ==, length);
  g_assert_cmpmem (got, length, wanted, length);
}

/* In an order that is not the file's, read at once and again in the end; every third from data
 * that is not aligned, the last one of a single byte. */
static void
test_content (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < N_CHUNKS; i++)
    {
      guint index = i * 7 % N_CHUNKS;

      if (index % 3 == 0)
        {
          g_assert_true (write_chunk (f, index, CHUNK / 2, 16));
          g_assert_true (dfn_file_writer_write (
              f->writer, memset (g_alloca (CHUNK / 2), (int) index + 1, CHUNK / 2), CHUNK / 2,
              (goffset) index * CHUNK + CHUNK / 2));
        }
      else
        g_assert_true (write_chunk (f, index, CHUNK, 0));
      assert_chunk (f, index, CHUNK);
    }
  g_assert_true (write_chunk (f, N_CHUNKS, 1, 0));
  for (guint i = 0; i < N_CHUNKS; i++)
    assert_chunk (f, i, CHUNK);
  assert_chunk (f, N_CHUNKS, 1);
}

static guint
count_resident (Fixture *f)
{
  gsize page = (gsize) sysconf (_SC_PAGESIZE);
  void *map = mmap (NULL, N_CHUNKS * CHUNK, PROT_READ, MAP_SHARED, f->fd, 0);
  unsigned char resident[N_CHUNKS * CHUNK / 1024] = { 0 };
  guint n = 0;

  g_assert_true (map != MAP_FAILED);
  g_assert_cmpint (mincore (map, N_CHUNKS * CHUNK, resident), ==, 0);
  munmap (map, N_CHUNKS * CHUNK);
  for (gsize i = 0; i < N_CHUNKS * CHUNK / page; i++)
    n += resident[i] & 1;
  return n;
}

static void
test_direct (Fixture *f, gconstpointer data)
{
  struct statfs info;
  guint n_direct = 0;

  g_assert_cmpint (fstatfs (f->fd, &info), ==, 0);
  if (!dfn_file_writer_is_direct (f->writer) || info.f_type == TMPFS || info.f_type == OVERLAYFS)
    {
      g_test_skip ("this file system has no way past the cache");
      return;
    }
  for (guint i = 0; i < N_CHUNKS; i++)
    {
      g_assert_true (write_chunk (f, i, CHUNK, 0));
      n_direct += dfn_file_writer_is_direct (f->writer) ? 1 : 0;
    }
  if (n_direct < N_CHUNKS)
    g_test_message ("The disk was too slow after %u chunks", n_direct);
  g_assert_cmpuint (count_resident (f), <=, (N_CHUNKS - n_direct) * CHUNK / 4096);
  for (guint i = 0; i < N_CHUNKS; i++)
    assert_chunk (f, i, CHUNK);
}

/* A file that may not grow: the direct way stops, and the error is that of the other one. */
static void
test_limit (Fixture *f, gconstpointer data)
{
  struct rlimit before, limit;
  gboolean ok;
  int error;

  getrlimit (RLIMIT_FSIZE, &before);
  limit = before;
  limit.rlim_cur = 3 * CHUNK / 2;
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  ok = write_chunk (f, 0, CHUNK, 0) && !write_chunk (f, 1, CHUNK, 0);
  error = errno;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_true (ok);
  g_assert_cmpint (error, ==, EFBIG);
  g_assert_true (write_chunk (f, 1, CHUNK, 0));
  assert_chunk (f, 0, CHUNK);
  assert_chunk (f, 1, CHUNK);
}

static void
test_no_file (void)
{
  g_autoptr (DfnFileWriter) writer = dfn_file_writer_new (-1);

  g_assert_false (dfn_file_writer_is_direct (writer));
  g_assert_false (dfn_file_writer_write (writer, "x", 1, 0));
  g_assert_cmpint (errno, ==, EBADF);
}

/* A disk that is slow is given up soon, one that was slow twice is not. */
static void
test_patience (void)
{
  gint64 mean_us = 0;
  guint n = 0;

  for (guint i = 0; i < 100; i++)
    {
      mean_us = dfn_file_writer_average (mean_us, i % 50 < 2 ? G_USEC_PER_SEC : 400);
      g_assert_cmpint (mean_us, <, DFN_FILE_WRITER_PATIENCE_US);
    }
  g_assert_cmpint (mean_us, <, 1000);
  for (; mean_us <= DFN_FILE_WRITER_PATIENCE_US; n++)
    mean_us = dfn_file_writer_average (mean_us, 2 * DFN_FILE_WRITER_PATIENCE_US);
  g_assert_cmpuint (n, >, 4);
  g_assert_cmpuint (n, <, 16);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/file-writer/content", Fixture, NULL, set_up, test_content, tear_down);
  g_test_add ("/file-writer/direct", Fixture, NULL, set_up, test_direct, tear_down);
  g_test_add ("/file-writer/limit", Fixture, NULL, set_up, test_limit, tear_down);
  g_test_add_func ("/file-writer/no-file", test_no_file);
  g_test_add_func ("/file-writer/patience", test_patience);
  return g_test_run ();
}
