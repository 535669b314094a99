/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-json-scan.h"

#include <string.h>

typedef enum {
  WANT_VALUE,
  WANT_VALUE_OR_END,
  WANT_NAME,
  WANT_NAME_OR_END,
  WANT_COLON,
  WANT_COMMA_OR_END,
  WANT_NOTHING,
} Want;

typedef struct {
  const char *at;
  const char *end;
  const char *problem;
  guint depth;
  gsize values;
  gsize total_members;
  /* One entry for each open array or object, the outermost first. */
  gboolean is_object[DFN_NOSTR_JSON_MAX_DEPTH];
  guint members[DFN_NOSTR_JSON_MAX_DEPTH];
} Scan;

static gboolean
fail (Scan *scan, const char *problem)
{
  scan->problem = problem;
  return FALSE;
}

/* Reads the four digits of a \u escape; -1 if they are not there. */
static int
scan_hex4 (Scan *scan)
{
  int unit = 0;

  if (scan->end - scan->at < 4)
    return -1;
  for (guint i = 0; i < 4; i++)
    {
      int digit = g_ascii_xdigit_value (*scan->at++);
      if (digit < 0)
        return -1;
      unit = unit << 4 | digit;
    }
  return unit;
}

/* The part of an escape behind "\u". A zero would end the string early for everything that works
 * on C strings, so two readers could see different text in one signed event. */
static gboolean
scan_unicode_escape (Scan *scan)
{
  int unit = scan_hex4 (scan);
  int low;

  if (unit < 0)
    return fail (scan, "a \\u escape without four digits");
  if (unit == 0)
    return fail (scan, "a NUL character in a string");
  if (unit < 0xd800 || unit > 0xdfff)
    return TRUE;
  if (unit > 0xdbff || scan->end - scan->at < 6 || scan->at[0] != '\\' || scan->at[1] != 'u')
    return fail (scan, "half of a surrogate pair");
  scan->at += 2;
  low = scan_hex4 (scan);
  if (low < 0xdc00 || low > 0xdfff)
    return fail (scan, "half of a surrogate pair");
  return TRUE;
}

/* The part of a string behind its opening quotation mark. */
static gboolean
scan_string (Scan *scan)
{
  while (scan->at < scan->end)
    {
      char c = *scan->at++;

      if (c == '"')
        return TRUE;
      if ((guchar) c < 0x20)
        return fail (scan, "a control character in a string");
      if (c != '\\')
        continue;
      if (scan->at == scan->end)
        break;
      c = *scan->at++;
      if (c == 'u')
        {
          if (!scan_unicode_escape (scan))
            return FALSE;
        }
      else if (c == '\0' || strchr ("\"\\/bfnrt", c) == NULL)
        return fail (scan, "an unknown escape in a string");
    }
  return fail (scan, "a string without an end");
}

static gboolean
scan_digits (Scan *scan)
{
  const char *start = scan->at;

  while (scan->at < scan->end && g_ascii_isdigit (*scan->at))
    scan->at++;
  return scan->at > start;
}

static gboolean
next_is (Scan *scan, const char *any)
{
  return scan->at < scan->end && *scan->at != '\0' && strchr (any, *scan->at) != NULL;
}

static gboolean
integer_fits (const char *start, const char *end)
{
  guint64 value = 0;

  for (const char *p = start; p < end; p++)
    if (!g_uint64_checked_mul (&value, value, 10)
        || !g_uint64_checked_add (&value, value, (guint64) (*p - '0')))
      return FALSE;
  return value <= G_MAXINT64;
}

static gboolean
scan_number (Scan *scan)
{
  const char *start;
  gboolean is_integer = TRUE;

  if (*scan->at == '-')
    scan->at++;
  start = scan->at;
  if (!scan_digits (scan) || (*start == '0' && scan->at - start > 1))
    return fail (scan, "a malformed number");
  if (next_is (scan, "."))
    {
      scan->at++;
      is_integer = FALSE;
      if (!scan_digits (scan))
        return fail (scan, "a malformed number");
    }
  if (next_is (scan, "eE"))
    {
      scan->at++;
      is_integer = FALSE;
      if (next_is (scan, "+-"))
        scan->at++;
      if (!scan_digits (scan))
        return fail (scan, "a malformed number");
    }
  /* The parser behind us wraps such a number around and says nothing. */
  if (is_integer && !integer_fits (start, scan->at))
    return fail (scan, "an integer beyond 63 bits");
  return TRUE;
}

static gboolean
scan_literal (Scan *scan)
{
  static const char *const literals[] = { "true", "false", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (literals); i++)
    {
      gsize length = strlen (literals[i]);

      if ((gsize) (scan->end - scan->at) >= length && memcmp (scan->at, literals[i], length) == 0)
        {
          scan->at += length;
          return TRUE;
        }
    }
  return fail (scan, "an unexpected character");
}

static gboolean
scan_open (Scan *scan, gboolean is_object)
{
  if (scan->depth == DFN_NOSTR_JSON_MAX_DEPTH)
    return fail (scan, "arrays or objects nested too deep");
  scan->is_object[scan->depth] = is_object;
  scan->members[scan->depth] = 0;
  scan->depth++;
  scan->at++;
  return TRUE;
}

static Want
after_value (Scan *scan)
{
  return scan->depth == 0 ? WANT_NOTHING : WANT_COMMA_OR_END;
}

static gboolean
scan_value (Scan *scan, Want *want)
{
  char c = *scan->at;

  if (++scan->values > DFN_NOSTR_JSON_MAX_VALUES)
    return fail (scan, "too many values");
  if (c == '[' || c == '{')
    {
      *want = c == '{' ? WANT_NAME_OR_END : WANT_VALUE_OR_END;
      return scan_open (scan, c == '{');
    }
  *want = after_value (scan);
  if (c == '"')
    {
      scan->at++;
      return scan_string (scan);
    }
  if (c == '-' || g_ascii_isdigit (c))
    return scan_number (scan);
  return scan_literal (scan);
}

static gboolean
scan_name (Scan *scan, Want *want)
{
  if (*scan->at != '"')
    return fail (scan, "a member without a name");
  if (++scan->members[scan->depth - 1] > DFN_NOSTR_JSON_MAX_MEMBERS)
    return fail (scan, "too many members in an object");
  scan->total_members++;
  scan->at++;
  *want = WANT_COLON;
  return scan_string (scan);
}

static gboolean
scan_end (Scan *scan, Want *want)
{
  if (*scan->at != (scan->is_object[scan->depth - 1] ? '}' : ']'))
    return fail (scan, "an unexpected character");
  scan->depth--;
  scan->at++;
  *want = after_value (scan);
  return TRUE;
}

static gboolean
scan_token (Scan *scan, Want *want)
{
  switch (*want)
    {
    case WANT_VALUE_OR_END:
      return *scan->at == ']' ? scan_end (scan, want) : scan_value (scan, want);
    case WANT_VALUE:
      return scan_value (scan, want);
    case WANT_NAME_OR_END:
      return *scan->at == '}' ? scan_end (scan, want) : scan_name (scan, want);
    case WANT_NAME:
      return scan_name (scan, want);
    case WANT_COLON:
      if (*scan->at++ != ':')
        return fail (scan, "a name without a colon");
      *want = WANT_VALUE;
      return TRUE;
    case WANT_COMMA_OR_END:
      if (*scan->at != ',')
        return scan_end (scan, want);
      scan->at++;
      *want = scan->is_object[scan->depth - 1] ? WANT_NAME : WANT_VALUE;
      return TRUE;
    case WANT_NOTHING:
      break;
    }
  return fail (scan, "something behind the end");
}

const char *
dfn_nostr_json_scan (const char *text, gsize length, gsize *members)
{
  Scan scan = { .at = text, .end = text + length };
  Want want = WANT_VALUE;

  *members = 0;
  if (!g_utf8_validate_len (text, length, NULL))
    return "text that is not UTF-8";
  while (TRUE)
    {
      while (next_is (&scan, " \t\r\n"))
        scan.at++;
      if (scan.at == scan.end)
        break;
      if (!scan_token (&scan, &want))
        return scan.problem;
    }
  if (want != WANT_NOTHING)
    return "text without an end";
  *members = scan.total_members;
  return NULL;
}
