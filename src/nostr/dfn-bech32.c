/* SPDX-License-Identifier: MIT */
#include "dfn-bech32.h"

#include "dfn-secret.h"

#include <string.h>

#define CHECKSUM_LENGTH 6
#define HRP_MAX_LENGTH 83

static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* One step of BIP-173's BCH code over GF(32). */
static guint32
polymod_step (guint32 checksum, guint8 value)
{
  static const guint32 generator[] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
  guint32 top = checksum >> 25;

  checksum = (checksum & 0x1ffffff) << 5 ^ value;
  for (guint i = 0; i < G_N_ELEMENTS (generator); i++)
    if (top >> i & 1)
      checksum ^= generator[i];
  return checksum;
}

static guint32
polymod_hrp (const char *hrp)
{
  guint32 checksum = 1;

  for (const char *p = hrp; *p != '\0'; p++)
    checksum = polymod_step (checksum, (guint8) *p >> 5);
  checksum = polymod_step (checksum, 0);
  for (const char *p = hrp; *p != '\0'; p++)
    checksum = polymod_step (checksum, (guint8) *p & 31);
  return checksum;
}

char *
dfn_bech32_encode (const char *hrp, const guint8 *data, gsize length)
{
  gsize hrp_length = strlen (hrp);
  guint32 checksum = polymod_hrp (hrp);
  guint32 bits = 0;
  guint n_bits = 0;
  char *text, *out;

  g_return_val_if_fail (hrp_length >= 1 && hrp_length <= HRP_MAX_LENGTH, NULL);
  g_return_val_if_fail (length <= DFN_BECH32_MAX_LENGTH, NULL);

  /* Of the full size from the start: a buffer that grows would leave copies of a secret behind. */
  text = g_malloc (hrp_length + 1 + (length * 8 + 4) / 5 + CHECKSUM_LENGTH + 1);
  out = g_stpcpy (text, hrp);
  *out++ = '1';
  for (gsize i = 0; i < length || n_bits > 0;)
    {
      guint8 value;

      if (n_bits < 5 && i < length)
        {
          bits = (bits << 8 | data[i++]) & 0xfff;
          n_bits += 8;
          continue;
        }
      value = n_bits >= 5 ? bits >> (n_bits - 5) & 31 : bits << (5 - n_bits) & 31;
      n_bits -= MIN (n_bits, 5);
      checksum = polymod_step (checksum, value);
      *out++ = charset[value];
    }
  for (guint i = 0; i < CHECKSUM_LENGTH; i++)
    checksum = polymod_step (checksum, 0);
  checksum ^= 1;
  for (guint i = 0; i < CHECKSUM_LENGTH; i++)
    *out++ = charset[checksum >> 5 * (CHECKSUM_LENGTH - 1 - i) & 31];
  *out = '\0';
  return text;
}

static gboolean
fail (GError **error, const char *problem)
{
  g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_ENTITY, "Bech32 text with %s",
               problem);
  return FALSE;
}

/* Finds the last '1', which separates the parts, and checks what holds for all characters. */
static const char *
find_separator (const char *text, gsize length, GError **error)
{
  gboolean lower = FALSE, upper = FALSE;
  const char *separator;

  for (gsize i = 0; i < length; i++)
    {
      if (text[i] < 33 || text[i] > 126)
        {
          fail (error, "a character that does not belong there");
          return NULL;
        }
      lower |= g_ascii_islower (text[i]);
      upper |= g_ascii_isupper (text[i]);
    }
  if (lower && upper)
    {
      fail (error, "upper and lower case mixed");
      return NULL;
    }
  separator = strrchr (text, '1');
  if (separator == NULL || separator == text || separator - text > HRP_MAX_LENGTH)
    {
      fail (error, "no readable part before a 1");
      return NULL;
    }
  return separator;
}

/* Turns the characters of the data part into bytes while running the checksum over all of them. */
static gboolean
decode_data (const char *digits, guint32 checksum, guint8 *data, gsize *length, GError **error)
{
  gsize n_digits = strlen (digits);
  guint32 bits = 0;
  guint n_bits = 0;

  *length = 0;
  for (gsize i = 0; i < n_digits; i++)
    {
      const char *found = strchr (charset, g_ascii_tolower (digits[i]));

      if (found == NULL)
        return fail (error, "a character that does not belong there");
      checksum = polymod_step (checksum, (guint8) (found - charset));
      if (i >= n_digits - CHECKSUM_LENGTH)
        continue;
      bits = (bits << 5 | (guint32) (found - charset)) & 0xfff;
      n_bits += 5;
      if (n_bits < 8)
        continue;
      n_bits -= 8;
      data[(*length)++] = (guint8) (bits >> n_bits);
    }
  if (checksum != 1)
    return fail (error, "a wrong checksum; was it copied completely?");
  if (n_bits >= 5 || (bits & ((1u << n_bits) - 1)) != 0)
    return fail (error, "bits left over");
  return TRUE;
}

gboolean
dfn_bech32_decode (const char *text, char **hrp, guint8 **data, gsize *length, GError **error)
{
  gsize text_length = strnlen (text, DFN_BECH32_MAX_LENGTH + 1);
  g_autofree char *readable = NULL;
  const char *separator;
  guint8 *bytes;
  gsize n_digits;

  if (text_length > DFN_BECH32_MAX_LENGTH)
    return fail (error, "too many characters");
  separator = find_separator (text, text_length, error);
  if (separator == NULL)
    return FALSE;
  n_digits = text_length - (gsize) (separator + 1 - text);
  if (n_digits < CHECKSUM_LENGTH)
    return fail (error, "no room for a checksum");

  readable = g_ascii_strdown (text, separator - text);
  bytes = dfn_secret_new ((n_digits - CHECKSUM_LENGTH) * 5 / 8 + 1);
  if (!decode_data (separator + 1, polymod_hrp (readable), bytes, length, error))
    {
      dfn_secret_free (bytes);
      return FALSE;
    }
  *hrp = g_steal_pointer (&readable);
  *data = bytes;
  return TRUE;
}
