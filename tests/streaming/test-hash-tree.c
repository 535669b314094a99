/* SPDX-License-Identifier: MIT */
#include "dfn-bytes.h"
#include "dfn-hash-tree.h"
#include "dfn-streaming-error.h"

#include <string.h>

#define LARGEST_COUNT 70

typedef struct {
  guint8 bytes[DFN_HASH_SIZE];
} Hash;

static Hash
leaf_of (guint32 index)
{
  Hash leaf;

  dfn_hash_tree_hash_leaf (&index, sizeof index, leaf.bytes);
  return leaf;
}

/* The definition of RFC 9162, section 2.1.1, word by word and without the array. */
static Hash
reference_root (const Hash *leaves, guint n)
{
  guint8 input[1 + 2 * DFN_HASH_SIZE] = { 0x01 };
  Hash left, right, root;
  guint k = 1;

  if (n == 1)
    return leaves[0];
  while (2 * k < n)
    k *= 2;
  left = reference_root (leaves, k);
  right = reference_root (leaves + k, n - k);
  memcpy (input + 1, left.bytes, DFN_HASH_SIZE);
  memcpy (input + 1 + DFN_HASH_SIZE, right.bytes, DFN_HASH_SIZE);
  dfn_sha256 (input, sizeof input, root.bytes);
  return root;
}

/* RFC 9162, section 2.1.3.1. */
static void
reference_path (const Hash *leaves, guint m, guint n, GByteArray *path)
{
  Hash sibling;
  guint k = 1;

  if (n == 1)
    return;
  while (2 * k < n)
    k *= 2;
  reference_path (m < k ? leaves : leaves + k, m < k ? m : m - k, m < k ? k : n - k, path);
  sibling = m < k ? reference_root (leaves + k, n - k) : reference_root (leaves, k);
  g_byte_array_append (path, sibling.bytes, DFN_HASH_SIZE);
}

static DfnHashTree *
tree_of (const Hash *leaves, guint n)
{
  DfnHashTree *tree = dfn_hash_tree_new (n);

  for (guint i = 0; i < n; i++)
    {
      g_assert_null (dfn_hash_tree_get_root (tree));
      dfn_hash_tree_append_leaf (tree, leaves[i].bytes);
    }
  g_assert_cmpuint (dfn_hash_tree_get_n_leaves (tree), ==, n);
  return tree;
}

static Hash *
test_leaves (void)
{
  Hash *leaves = g_new (Hash, LARGEST_COUNT);

  for (guint32 i = 0; i < LARGEST_COUNT; i++)
    leaves[i] = leaf_of (i);
  return leaves;
}

static void
check_published_path (DfnHashTree *tree, guint index, char **hashes)
{
  g_autoptr (GBytes) path = dfn_hash_tree_get_path (tree, index);
  const guint8 *bytes = g_bytes_get_data (path, NULL);
  guint n = g_strv_length (hashes);

  g_assert_cmpuint (g_bytes_get_size (path), ==, n * DFN_HASH_SIZE);
  for (guint i = 0; i < n; i++)
    {
      Hash expected;

      g_assert_true (dfn_hex_decode (hashes[i], expected.bytes, DFN_HASH_SIZE));
      g_assert_cmpmem (bytes + i * DFN_HASH_SIZE, DFN_HASH_SIZE, expected.bytes, DFN_HASH_SIZE);
    }
}

static void
test_published (void)
{
  g_autofree char *file =
      g_test_build_filename (G_TEST_DIST, "streaming", "data", "merkle-tree.txt", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  Hash leaves[8];
  guint n_leaves = 0, n_roots = 0, n_paths = 0;

  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (lines[i], " ", -1);

      if (g_strcmp0 (words[0], "leaf") == 0)
        {
          const char *hex = words[1] != NULL ? words[1] : "";
          guint8 data[16];

          g_assert_cmpuint (n_leaves, <, G_N_ELEMENTS (leaves));
          g_assert_true (dfn_hex_decode (hex, data, strlen (hex) / 2));
          dfn_hash_tree_hash_leaf (data, strlen (hex) / 2, leaves[n_leaves++].bytes);
        }
      else if (g_strcmp0 (words[0], "root") == 0)
        {
          g_autoptr (DfnHashTree) tree = tree_of (leaves, (guint) atoi (words[1]));
          Hash expected;

          g_assert_true (dfn_hex_decode (words[2], expected.bytes, DFN_HASH_SIZE));
          g_assert_cmpmem (dfn_hash_tree_get_root (tree), DFN_HASH_SIZE, expected.bytes,
                           DFN_HASH_SIZE);
          n_roots++;
        }
      else if (g_strcmp0 (words[0], "path") == 0)
        {
          g_autoptr (DfnHashTree) tree = tree_of (leaves, (guint) atoi (words[2]));

          check_published_path (tree, (guint) atoi (words[1]), words + 3);
          n_paths++;
        }
    }
  g_assert_cmpuint (n_roots, ==, 8);
  g_assert_cmpuint (n_paths, ==, 5);
}

static void
assert_refused (DfnHashTree *tree, guint32 index, Hash leaf, const guint8 *path, gsize size)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (dfn_hash_tree_verify_and_add (tree, index, leaf.bytes, path, size, &error));
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INTEGRITY);
}

/* Everything but the right path for the right leaf of the right tree is refused. */
static void
check_forgeries (const Hash *leaves, guint n, guint index, GBytes *path, const guint8 *root)
{
  g_autoptr (DfnHashTree) sparse = dfn_hash_tree_new_sparse (n, root);
  gsize size;
  const guint8 *bytes = g_bytes_get_data (path, &size);
  g_autofree guint8 *bent = g_malloc0 (size + 2 * DFN_HASH_SIZE);
  Hash other = leaves[index];

  other.bytes[index % DFN_HASH_SIZE] ^= 0x10;
  assert_refused (sparse, index, other, bytes, size);
  if (size > 0)
    memcpy (bent, bytes, size);
  for (gsize i = 0; i < size; i += DFN_HASH_SIZE / 2)
    {
      bent[i] ^= 1;
      assert_refused (sparse, index, leaves[index], bent, size);
      bent[i] ^= 1;
    }
  assert_refused (sparse, index, leaves[index], bent, size + DFN_HASH_SIZE);
  assert_refused (sparse, index, leaves[index], bent, size + 1);
  if (size > 0)
    {
      assert_refused (sparse, index, leaves[index], bytes, size - DFN_HASH_SIZE);
      assert_refused (sparse, index, leaves[index], bytes, size - 1);
      assert_refused (sparse, index, leaves[index], bytes, 0);
    }
  for (guint wrong = 0; wrong <= n; wrong++)
    if (wrong != index)
      assert_refused (sparse, wrong, leaves[index], bytes, size);
  assert_refused (sparse, G_MAXUINT32, leaves[index], bytes, size);
  for (guint i = 0; i < n; i++)
    g_assert_true (n == 1 || dfn_hash_tree_get_leaf (sparse, i) == NULL);
}

static void
test_every_count_and_index (void)
{
  g_autofree Hash *leaves = test_leaves ();

  for (guint n = 1; n <= LARGEST_COUNT; n++)
    {
      g_autoptr (DfnHashTree) tree = tree_of (leaves, n);
      const guint8 *root = dfn_hash_tree_get_root (tree);
      Hash expected = reference_root (leaves, n);

      g_assert_cmpmem (root, DFN_HASH_SIZE, expected.bytes, DFN_HASH_SIZE);
      for (guint i = 0; i < n; i++)
        {
          g_autoptr (GBytes) path = dfn_hash_tree_get_path (tree, i);
          g_autoptr (GByteArray) reference = g_byte_array_new ();

          reference_path (leaves, i, n, reference);
          g_assert_cmpmem (g_bytes_get_data (path, NULL), g_bytes_get_size (path), reference->data,
                           reference->len);
          check_forgeries (leaves, n, i, path, root);
        }
    }
}

/* A count that is wrong gives a wrong root even where the path has the right length. */
static void
test_wrong_count (void)
{
  g_autofree Hash *leaves = test_leaves ();

  for (guint n = 2; n <= LARGEST_COUNT; n++)
    {
      g_autoptr (DfnHashTree) tree = tree_of (leaves, n);

      for (guint claimed = 1; claimed <= LARGEST_COUNT; claimed++)
        {
          g_autoptr (DfnHashTree) sparse = NULL;
          guint n_accepted = 0;

          if (claimed == n)
            continue;
          sparse = dfn_hash_tree_new_sparse (claimed, dfn_hash_tree_get_root (tree));
          for (guint i = 0; i < MIN (n, claimed); i++)
            {
              g_autoptr (GBytes) path = dfn_hash_tree_get_path (tree, i);

              n_accepted += dfn_hash_tree_verify_and_add (sparse, i, leaves[i].bytes,
                                                          g_bytes_get_data (path, NULL),
                                                          g_bytes_get_size (path), NULL);
            }
          /* The left part of both trees may look the same from inside; never the right edge. */
          g_assert_cmpuint (n_accepted, <, n);
        }
    }
}

/* A receiver that has some chunks can prove exactly those to the next receiver. */
static void
test_sparse_forwards (void)
{
  g_autofree Hash *leaves = test_leaves ();
  g_autoptr (GRand) random = g_rand_new_with_seed (9162);

  for (guint n = 1; n <= LARGEST_COUNT; n++)
    {
      g_autoptr (DfnHashTree) tree = tree_of (leaves, n);
      g_autoptr (DfnHashTree) sparse = NULL;
      g_autoptr (DfnHashTree) next = NULL;

      sparse = dfn_hash_tree_new_sparse (n, dfn_hash_tree_get_root (tree));
      next = dfn_hash_tree_new_sparse (n, dfn_hash_tree_get_root (tree));
      for (guint round = 0; round < n; round++)
        {
          guint32 i = (guint32) g_rand_int_range (random, 0, (gint32) n);
          g_autoptr (GBytes) path = dfn_hash_tree_get_path (tree, i);
          g_autoptr (GBytes) forwarded = NULL;
          g_autoptr (GError) error = NULL;

          dfn_hash_tree_verify_and_add (sparse, i, leaves[i].bytes, g_bytes_get_data (path, NULL),
                                        g_bytes_get_size (path), &error);
          g_assert_no_error (error);
          forwarded = dfn_hash_tree_get_path (sparse, i);
          g_assert_true (g_bytes_equal (path, forwarded));
          dfn_hash_tree_verify_and_add (next, i, dfn_hash_tree_get_leaf (sparse, i),
                                        g_bytes_get_data (forwarded, NULL),
                                        g_bytes_get_size (forwarded), &error);
          g_assert_no_error (error);
        }
    }
}

static void
test_sparse_knows_nothing (void)
{
  guint8 root[DFN_HASH_SIZE] = { 1 };
  g_autoptr (DfnHashTree) sparse = dfn_hash_tree_new_sparse (5, root);

  for (guint i = 0; i < 5; i++)
    {
      g_assert_null (dfn_hash_tree_get_leaf (sparse, i));
      g_assert_null (dfn_hash_tree_get_path (sparse, i));
    }
}

/* A large tree, of which a path touches a few pages; and how deep the largest is. */
static void
test_large (void)
{
  enum { DEPTH = 20, COUNT = 1 << DEPTH };
  const guint32 indices[] = { 0, 654321, COUNT - 1 };
  guint8 path[DEPTH * DFN_HASH_SIZE];
  guint64 positions[DFN_HASH_TREE_MAX_DEPTH];

  memset (path, 7, sizeof path);
  for (guint i = 0; i < G_N_ELEMENTS (indices); i++)
    {
      g_autoptr (DfnHashTree) sparse = NULL;
      Hash leaf = leaf_of (indices[i]), root = leaf;
      guint8 input[1 + 2 * DFN_HASH_SIZE] = { 0x01 };

      for (guint level = 0; level < DEPTH; level++)
        {
          gboolean right = (indices[i] >> level) & 1;

          memcpy (input + 1 + (right ? DFN_HASH_SIZE : 0), root.bytes, DFN_HASH_SIZE);
          memset (input + 1 + (right ? 0 : DFN_HASH_SIZE), 7, DFN_HASH_SIZE);
          dfn_sha256 (input, sizeof input, root.bytes);
        }
      sparse = dfn_hash_tree_new_sparse (COUNT, root.bytes);
      g_assert_true (
          dfn_hash_tree_verify_and_add (sparse, indices[i], leaf.bytes, path, sizeof path, NULL));
    }
  for (guint32 n = DFN_HASH_TREE_MAX_LEAVES - 2; n <= DFN_HASH_TREE_MAX_LEAVES; n++)
    g_assert_cmpuint (dfn_hash_tree_get_path_positions (n, 0, positions), ==,
                      DFN_HASH_TREE_MAX_DEPTH);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/streaming/hash-tree/published", test_published);
  g_test_add_func ("/streaming/hash-tree/every-count-and-index", test_every_count_and_index);
  g_test_add_func ("/streaming/hash-tree/wrong-count", test_wrong_count);
  g_test_add_func ("/streaming/hash-tree/sparse-forwards", test_sparse_forwards);
  g_test_add_func ("/streaming/hash-tree/sparse-knows-nothing", test_sparse_knows_nothing);
  g_test_add_func ("/streaming/hash-tree/large", test_large);
  return g_test_run ();
}
