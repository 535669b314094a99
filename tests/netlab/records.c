/* SPDX-License-Identifier: MIT */
/*
 * A live stream whose every byte can be judged, for tests and benchmarks of live broadcasts.
 *
 *   records generate MBIT_PER_SECOND SECONDS
 *       writes numbered records to standard output at that pace, each at its time, until the time
 *       is over; a reader that falls behind makes later records late, never fewer
 *   records check [BUFFER_MS]
 *       reads such a stream from standard input, from any place in it on, and prints lines of JSON:
 *       once a second and at the end what it found so far
 *
 * The checker plays the records as a player would that holds BUFFER_MS (300) at the start: a record
 * that comes too late for that stops the picture until it is there and the player holds as much
 * again, which is a stall. The clock is the system's monotonic one, which all hosts of one
 * laboratory share.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>

#define MAGIC G_GUINT64_CONSTANT (0x3a44464e2d524543)
#define INTERVAL_US 10000
#define SMALLEST_RECORD 64
#define LARGEST_RECORD (1 << 20)

/* Delays kept for percentiles: a thousand seconds of records; later ones are counted alone. */
#define MOST_DELAYS 100000

typedef struct {
  guint64 magic;
  guint64 number;
  gint64 captured_us;
  guint32 length;   /* with the header */
  guint32 checksum; /* of the record with zeros here */
} Header;

typedef struct {
  GByteArray *pending;
  GArray *delays; /* gint64, microseconds */
  gint64 buffer_us;
  gint64 lag_us; /* how far behind the capture the player plays; -1 before the first record */
  gint64 stalled_us;
  guint64 first, next;
  guint64 records, bytes, missed, repeated, torn_bytes;
  guint stalls;
  gint64 started_us, reported_us;
} Checker;

static gint64
now_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static void
sleep_until (gint64 time_us)
{
  struct timespec time = {
    .tv_sec = (time_t) (time_us / G_USEC_PER_SEC),
    .tv_nsec = (long) (time_us % G_USEC_PER_SEC) * 1000,
  };

  while (clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
    continue;
}

/* FNV-1a over words: it tells torn records from whole ones, and costs next to nothing. */
static guint32
checksum (const guint8 *data, gsize length)
{
  guint64 sum = G_GUINT64_CONSTANT (0xcbf29ce484222325);

  for (gsize i = 0; i < length; i += sizeof (guint64))
    {
      guint64 word = 0;

      memcpy (&word, data + i, MIN (sizeof word, length - i));
      sum = (sum ^ word) * G_GUINT64_CONSTANT (0x100000001b3);
      sum ^= sum >> 29;
    }
  return (guint32) (sum ^ sum >> 32);
}

/* SplitMix64: bytes that no link or disk could compress. */
static void
fill (guint8 *data, gsize length, guint64 number)
{
  guint64 state = number * G_GUINT64_CONSTANT (0xd1342543de82ef95);

  for (gsize i = 0; i < length; i += sizeof (guint64))
    {
      guint64 z = state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

      z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
      z ^= z >> 27;
      memcpy (data + i, &z, MIN (sizeof z, length - i));
    }
}

static gboolean
write_all (const guint8 *data, gsize length)
{
  while (length > 0)
    {
      gssize written = write (STDOUT_FILENO, data, length);

      if (written < 0 && errno != EINTR)
        return FALSE;
      if (written > 0)
        {
          data += written;
          length -= (gsize) written;
        }
    }
  return TRUE;
}

static int
generate (double mbits, double seconds)
{
  guint32 length = (guint32) (mbits * 125e3 * INTERVAL_US / G_USEC_PER_SEC);
  guint64 count = (guint64) (seconds * G_USEC_PER_SEC / INTERVAL_US);
  g_autofree guint8 *record = NULL;
  gint64 start_us = now_us ();

  length = CLAMP (length, SMALLEST_RECORD, LARGEST_RECORD);
  record = g_malloc (length);
  for (guint64 number = 0; number < count; number++)
    {
      Header header = { MAGIC, number, start_us + (gint64) number * INTERVAL_US, length, 0 };

      fill (record + sizeof header, length - sizeof header, number);
      memcpy (record, &header, sizeof header);
      header.checksum = checksum (record, length);
      memcpy (record, &header, sizeof header);
      sleep_until (header.captured_us);
      if (!write_all (record, length))
        {
          g_printerr ("records: %s\n", g_strerror (errno));
          return 1;
        }
    }
  return 0;
}

static int
compare_delays (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

static double
percentile_ms (const GArray *sorted, double share)
{
  if (sorted->len == 0)
    return 0;
  return (double) g_array_index (sorted, gint64, (guint) ((sorted->len - 1) * share)) / 1000;
}

static void
report (const Checker *self, const char *event)
{
  g_autoptr (GArray) sorted = g_array_copy (self->delays);

  g_array_sort (sorted, compare_delays);
  printf ("{\"event\":\"%s\",\"records\":%" G_GUINT64_FORMAT ",\"bytes\":%" G_GUINT64_FORMAT
          ",\"first\":%" G_GUINT64_FORMAT ",\"next\":%" G_GUINT64_FORMAT
          ",\"missed\":%" G_GUINT64_FORMAT ",\"repeated\":%" G_GUINT64_FORMAT
          ",\"torn_bytes\":%" G_GUINT64_FORMAT ",\"stalls\":%u,\"stalled_ms\":%.0f"
          ",\"delay_p50_ms\":%.0f,\"delay_p99_ms\":%.0f,\"delay_max_ms\":%.0f"
          ",\"started_us\":%" G_GINT64_FORMAT ",\"now_us\":%" G_GINT64_FORMAT "}\n",
          event, self->records, self->bytes, self->first, self->next, self->missed, self->repeated,
          self->torn_bytes, self->stalls, (double) self->stalled_us / 1000,
          percentile_ms (sorted, 0.5), percentile_ms (sorted, 0.99), percentile_ms (sorted, 1),
          self->started_us, now_us ());
  fflush (stdout);
}

static void
take_record (Checker *self, const Header *header, gint64 present_us)
{
  gint64 delay_us = present_us - header->captured_us;

  self->bytes += header->length;
  if (self->records++ == 0)
    {
      self->first = self->next = header->number;
      self->lag_us = delay_us + self->buffer_us;
      self->started_us = present_us;
    }
  if (header->number < self->next)
    {
      self->repeated++;
      return;
    }
  self->missed += header->number - self->next;
  self->next = header->number + 1;
  if (self->delays->len < MOST_DELAYS)
    g_array_append_val (self->delays, delay_us);
  if (delay_us > self->lag_us)
    {
      self->stalls++;
      self->stalled_us += delay_us + self->buffer_us - self->lag_us;
      self->lag_us = delay_us + self->buffer_us;
    }
}

/* Whether a whole record lies at the start; -1 when more bytes are needed to tell. */
static int
find_record (const GByteArray *pending, gsize offset, Header *header)
{
  const guint8 *data = pending->data + offset;
  gsize length = pending->len - offset;
  guint32 expected;

  if (length < sizeof *header)
    return -1;
  memcpy (header, data, sizeof *header);
  if (header->magic != MAGIC || header->length < SMALLEST_RECORD || header->length > LARGEST_RECORD)
    return 0;
  if (length < header->length)
    return -1;
  expected = header->checksum;
  memset (pending->data + offset + G_STRUCT_OFFSET (Header, checksum), 0, sizeof expected);
  if (checksum (data, header->length) == expected)
    return 1;
  memcpy (pending->data + offset + G_STRUCT_OFFSET (Header, checksum), &expected, sizeof expected);
  return 0;
}

/* A viewer joins anywhere, and goes on anywhere after a gap: what is no record is passed over byte
 * by byte until one begins. A torn record may swallow the next ones' bytes only until its length is
 * there. */
static void
take_bytes (Checker *self, gint64 present_us)
{
  gsize offset = 0;

  while (offset < self->pending->len)
    {
      Header header;
      int found = find_record (self->pending, offset, &header);

      if (found < 0)
        break;
      if (found > 0)
        take_record (self, &header, present_us);
      else
        self->torn_bytes++;
      offset += found > 0 ? header.length : 1;
    }
  g_byte_array_remove_range (self->pending, 0, (guint) offset);
}

static int
check (gint64 buffer_us)
{
  static guint8 block[1 << 16];
  Checker self = { .lag_us = -1, .buffer_us = buffer_us, .reported_us = now_us () };
  gssize length;

  self.pending = g_byte_array_new ();
  self.delays = g_array_new (FALSE, FALSE, sizeof (gint64));
  while ((length = read (STDIN_FILENO, block, sizeof block)) > 0 || (length < 0 && errno == EINTR))
    {
      gint64 present_us = now_us ();

      g_byte_array_append (self.pending, block, (guint) MAX (length, 0));
      take_bytes (&self, present_us);
      if (present_us - self.reported_us >= G_USEC_PER_SEC)
        {
          self.reported_us = present_us;
          report (&self, "checking");
        }
    }
  self.torn_bytes += self.pending->len;
  report (&self, "checked");
  g_byte_array_unref (self.pending);
  g_array_unref (self.delays);
  return length < 0;
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  if (argc == 4 && strcmp (argv[1], "generate") == 0)
    return generate (g_ascii_strtod (argv[2], NULL), g_ascii_strtod (argv[3], NULL));
  if (argc >= 2 && argc <= 3 && strcmp (argv[1], "check") == 0)
    return check ((argc == 3 ? g_ascii_strtoll (argv[2], NULL, 10) : 300) * 1000);
  g_printerr ("usage: records generate MBIT_PER_SECOND SECONDS | records check [BUFFER_MS]\n");
  return 2;
}
