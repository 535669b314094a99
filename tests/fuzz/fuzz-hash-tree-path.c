/* SPDX-License-Identifier: MIT */
#include "dfn-hash-tree.h"

#include <stdint.h>
#include <string.h>

/* A tree of up to 64 leaves and a path that the input bends: the size of the tree, the leaf, which
 * leaf it is given out for, how many bytes come, and what they are changed by. Only the right path
 * of the right leaf may be accepted, and a tree that accepted it can hand it on. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define MAX_LEAVES 64

static DfnHashTree *
tree_of (guint32 n)
{
  DfnHashTree *tree = dfn_hash_tree_new (n);
  guint8 leaf[DFN_HASH_SIZE];

  for (guint32 i = 0; i < n; i++)
    {
      dfn_hash_tree_hash_leaf (&i, sizeof i, leaf);
      dfn_hash_tree_append_leaf (tree, leaf);
    }
  return tree;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (DfnHashTree) tree = NULL;
  g_autoptr (DfnHashTree) sparse = NULL;
  g_autoptr (GBytes) right = NULL;
  g_autoptr (GBytes) forwarded = NULL;
  guint8 leaf[DFN_HASH_SIZE], path[40 * DFN_HASH_SIZE] = { 0 };
  gsize right_size, path_size;
  guint32 n, index, claimed;

  if (size < 4)
    return 0;
  n = data[0] % MAX_LEAVES + 1;
  index = data[1] % n;
  claimed = index ^ data[2];
  tree = tree_of (n);
  sparse = dfn_hash_tree_new_sparse (n, dfn_hash_tree_get_root (tree));
  right = dfn_hash_tree_get_path (tree, index);
  right_size = g_bytes_get_size (right);
  if (right_size > 0)
    memcpy (path, g_bytes_get_data (right, NULL), right_size);
  path_size = data[3] < sizeof path - right_size ? right_size ^ data[3] : right_size;
  memcpy (leaf, dfn_hash_tree_get_leaf (tree, index), sizeof leaf);
  for (size_t i = 4; i < size && i < sizeof path + 4; i++)
    {
      if (i < sizeof leaf + 4)
        leaf[i - 4] ^= data[i];
      else
        path[i - sizeof leaf - 4] ^= data[i];
    }
  if (!dfn_hash_tree_verify_and_add (sparse, claimed, leaf, path, path_size, NULL))
    return 0;
  g_assert (claimed == index && path_size == right_size);
  g_assert (memcmp (leaf, dfn_hash_tree_get_leaf (tree, index), sizeof leaf) == 0);
  forwarded = dfn_hash_tree_get_path (sparse, index);
  g_assert (g_bytes_equal (forwarded, right));
  return 0;
}
