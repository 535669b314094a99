/* SPDX-License-Identifier: MIT */
#include "dfn-ts-tables.h"

#include <string.h>

#define PID_PAT 0x0000
#define PID_MASK 0x1fff
#define TABLE_PAT 0x00
#define TABLE_PMT 0x02
/* Programs beyond these are passed on, but their pictures are not looked for. */
#define MAX_PROGRAMS 8
/* A table's section has at most 1,021 bytes after its length (section 2.4.4): six packets. */
#define MAX_TABLE_PACKETS 6
/* A stream that has marked no place to join in as many packets will mark none. */
#define PATIENCE_PACKETS 20000
#define SECTION_HEADER 3
#define CRC_SIZE 4

typedef struct {
  guint16 pid;
  GByteArray *packets; /* from the last one in which a section begins */
} Table;

struct _DfnTsTables {
  Table tables[1 + MAX_PROGRAMS]; /* the PAT, then PMTs */
  guint n_tables;
  guint8 is_picture[(PID_MASK + 1) / 8];
  gboolean has_picture;
  guint n_unmarked; /* packets since the last one marked */
};

DfnTsTables *
dfn_ts_tables_new (void)
{
  DfnTsTables *self = g_new0 (DfnTsTables, 1);

  self->tables[0] = (Table){ PID_PAT, g_byte_array_new () };
  self->n_tables = 1;
  return self;
}

void
dfn_ts_tables_free (DfnTsTables *self)
{
  for (guint i = 0; i < self->n_tables; i++)
    g_byte_array_unref (self->tables[i].packets);
  g_free (self);
}

static guint16
read_be16 (const guint8 *data)
{
  return (guint16) (data[0] << 8 | data[1]);
}

static guint16
pid_of (const guint8 *packet)
{
  return read_be16 (packet + 1) & PID_MASK;
}

static gboolean
starts_unit (const guint8 *packet)
{
  return (packet[1] & 0x40) != 0;
}

static gboolean
is_random_access (const guint8 *packet)
{
  gboolean has_adaptation = (packet[3] & 0x20) != 0;

  return has_adaptation && packet[4] > 0 && (packet[5] & 0x40) != 0;
}

/* Where the payload begins; DFN_TS_PACKET if there is none. */
static gsize
payload_offset (const guint8 *packet)
{
  gsize offset = 4;

  if ((packet[3] & 0x10) == 0)
    return DFN_TS_PACKET;
  if ((packet[3] & 0x20) != 0)
    offset += 1u + packet[4];
  return MIN (offset, DFN_TS_PACKET);
}

static Table *
find_table (DfnTsTables *self, guint16 pid)
{
  for (guint i = 0; i < self->n_tables; i++)
    if (self->tables[i].pid == pid)
      return &self->tables[i];
  return NULL;
}

/* Puts the payloads of a table's packets together. Returns the section's bytes, without its CRC, in
 * @section, or 0 while some are missing. */
static gsize
assemble (Table *table, guint8 id, guint8 section[MAX_TABLE_PACKETS * DFN_TS_PACKET])
{
  gsize length = 0, needed;

  for (gsize at = 0; at < table->packets->len; at += DFN_TS_PACKET)
    {
      const guint8 *packet = table->packets->data + at;
      gsize offset = payload_offset (packet);

      if (at == 0 && offset < DFN_TS_PACKET)
        offset += 1u + packet[offset]; /* the pointer field */
      if (offset >= DFN_TS_PACKET)
        return 0;
      memcpy (section + length, packet + offset, DFN_TS_PACKET - offset);
      length += DFN_TS_PACKET - offset;
    }
  if (length < SECTION_HEADER || section[0] != id)
    return 0;
  needed = SECTION_HEADER + (read_be16 (section + 1) & 0x0fff);
  return needed <= length && needed >= SECTION_HEADER + CRC_SIZE ? needed - CRC_SIZE : 0;
}

static void
forget_programs (DfnTsTables *self)
{
  while (self->n_tables > 1)
    g_byte_array_unref (self->tables[--self->n_tables].packets);
  memset (self->is_picture, 0, sizeof self->is_picture);
  self->has_picture = FALSE;
}

/* Section 2.4.4.3: pairs of program number and PID from byte 8 on. */
static void
read_pat (DfnTsTables *self, const guint8 *section, gsize length)
{
  guint n_known = 0, n = 0;

  for (gsize at = 8; at + 4 <= length; at += 4)
    if (read_be16 (section + at) != 0 && n < MAX_PROGRAMS)
      {
        n++;
        n_known += find_table (self, read_be16 (section + at + 2) & PID_MASK) != NULL;
      }
  if (n == n_known && n == self->n_tables - 1)
    return;
  forget_programs (self);
  for (gsize at = 8; at + 4 <= length && self->n_tables <= MAX_PROGRAMS; at += 4)
    {
      guint16 pid = read_be16 (section + at + 2) & PID_MASK;

      if (read_be16 (section + at) != 0 && find_table (self, pid) == NULL)
        self->tables[self->n_tables++] = (Table){ pid, g_byte_array_new () };
    }
}

/* Table 2-34 of the standard, and its amendments. */
static gboolean
is_picture_type (guint8 type)
{
  switch (type)
    {
    case 0x01: /* MPEG-1 */
    case 0x02: /* MPEG-2 */
    case 0x10: /* MPEG-4 part 2 */
    case 0x1b: /* H.264 */
    case 0x21: /* JPEG 2000 */
    case 0x24: /* H.265 */
    case 0x33: /* H.266 */
    case 0xd1: /* Dirac */
    case 0xea: /* VC-1 */
      return TRUE;
    default:
      return FALSE;
    }
}

/* Section 2.4.4.8: type, PID and descriptors of each stream, after the program's descriptors. */
static void
read_pmt (DfnTsTables *self, const guint8 *section, gsize length)
{
  gsize at = 12;

  if (length < at)
    return;
  at += read_be16 (section + 10) & 0x0fff;
  while (at + 5 <= length)
    {
      guint16 pid = read_be16 (section + at + 1) & PID_MASK;

      if (is_picture_type (section[at]))
        {
          self->is_picture[pid / 8] |= (guint8) (1 << pid % 8);
          self->has_picture = TRUE;
        }
      at += 5u + (read_be16 (section + at + 3) & 0x0fff);
    }
}

static void
take_table (DfnTsTables *self, Table *table, const guint8 *packet)
{
  guint8 section[MAX_TABLE_PACKETS * DFN_TS_PACKET];
  gboolean is_pat = table == &self->tables[0];
  gsize length;

  if (starts_unit (packet))
    g_byte_array_set_size (table->packets, 0);
  else if (table->packets->len == 0)
    return;
  if (table->packets->len == MAX_TABLE_PACKETS * DFN_TS_PACKET)
    return;
  g_byte_array_append (table->packets, packet, DFN_TS_PACKET);
  length = assemble (table, is_pat ? TABLE_PAT : TABLE_PMT, section);
  if (length > 0 && is_pat)
    read_pat (self, section, length);
  else if (length > 0)
    read_pmt (self, section, length);
}

DfnTsRole
dfn_ts_tables_take (DfnTsTables *self, const guint8 *packet)
{
  guint16 pid = pid_of (packet);
  Table *table = find_table (self, pid);
  gboolean is_candidate;

  self->n_unmarked = MIN (self->n_unmarked + 1, PATIENCE_PACKETS);
  if (table != NULL)
    {
      gboolean is_start = pid == PID_PAT && starts_unit (packet);

      take_table (self, table, packet);
      return is_start && self->n_unmarked == PATIENCE_PACKETS ? DFN_TS_JOIN : DFN_TS_TABLE;
    }
  is_candidate = !self->has_picture || (self->is_picture[pid / 8] & 1 << pid % 8) != 0;
  if (!is_candidate || !starts_unit (packet) || !is_random_access (packet))
    return DFN_TS_OTHER;
  self->n_unmarked = 0;
  return DFN_TS_JOIN;
}

gboolean
dfn_ts_tables_have_picture (DfnTsTables *self)
{
  return self->has_picture;
}

gboolean
dfn_ts_tables_are_complete (DfnTsTables *self)
{
  for (guint i = 0; i < self->n_tables; i++)
    if (self->tables[i].packets->len == 0)
      return FALSE;
  return self->n_tables > 1;
}

void
dfn_ts_tables_write (DfnTsTables *self, GByteArray *out, gsize max_size)
{
  gsize size = 0;

  for (guint i = 0; i < self->n_tables; i++)
    size += self->tables[i].packets->len;
  if (size > max_size)
    return;
  for (guint i = 0; i < self->n_tables; i++)
    g_byte_array_append (out, self->tables[i].packets->data, self->tables[i].packets->len);
}
