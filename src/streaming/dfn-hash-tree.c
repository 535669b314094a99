/* SPDX-License-Identifier: MIT */
#include "dfn-hash-tree.h"

#include "dfn-streaming-error.h"

#include <string.h>

struct _DfnHashTree {
  guint32 n_leaves;
  guint32 n_appended; /* in a full tree; n_leaves in a sparse one */
  guint8 root[DFN_HASH_SIZE];
  guint8 (*nodes)[DFN_HASH_SIZE]; /* 2 * n_leaves - 1; all zero while not known */
};

/* One step of the way from the root down to a leaf: the node, its other child, and the side. */
typedef struct {
  guint64 node;
  guint64 sibling;
  guint32 end; /* the first leaf behind the node's last */
  gboolean sibling_is_left;
} Step;

/* A hash of 32 zero bytes would be a preimage of zero under SHA-256, which nobody finds, so zero
 * can stand for "not known" and no second array is needed. */
static gboolean
is_known (const guint8 *hash)
{
  static const guint8 zero[DFN_HASH_SIZE];

  return memcmp (hash, zero, sizeof zero) != 0;
}

/* RFC 9162, section 2.1.1: the largest power of two smaller than @n, for @n of at least 2. */
static guint32
split_of (guint32 n)
{
  return 1u << (g_bit_storage (n - 1) - 1);
}

/* The position of the root of the subtree over the leaves from @begin to before @end. */
static guint64
subtree_position (guint32 begin, guint32 end)
{
  if (end - begin == 1)
    return 2 * (guint64) begin;
  return 2 * ((guint64) begin + split_of (end - begin)) - 1;
}

static guint
walk_down (guint32 n_leaves, guint32 index, Step steps[DFN_HASH_TREE_MAX_DEPTH])
{
  guint32 begin = 0, end = n_leaves;
  guint depth = 0;

  while (end - begin > 1)
    {
      guint32 middle = begin + split_of (end - begin);
      Step *step = &steps[depth++];

      step->node = 2 * (guint64) middle - 1;
      step->end = end;
      step->sibling_is_left = index >= middle;
      step->sibling =
          step->sibling_is_left ? subtree_position (begin, middle) : subtree_position (middle, end);
      if (step->sibling_is_left)
        begin = middle;
      else
        end = middle;
    }
  return depth;
}

static void
hash_node (const guint8 *left, const guint8 *right, guint8 out[DFN_HASH_SIZE])
{
  guint8 input[1 + 2 * DFN_HASH_SIZE];

  input[0] = 0x01;
  memcpy (input + 1, left, DFN_HASH_SIZE);
  memcpy (input + 1 + DFN_HASH_SIZE, right, DFN_HASH_SIZE);
  dfn_sha256 (input, sizeof input, out);
}

void
dfn_hash_tree_hash_leaf (const void *data, gsize length, guint8 out[DFN_HASH_SIZE])
{
  g_autoptr (DfnSha256) hash = dfn_sha256_new ();

  dfn_sha256_update (hash, "\0", 1);
  dfn_sha256_update (hash, data, length);
  dfn_sha256_finish (hash, out);
}

static DfnHashTree *
tree_new (guint32 n_leaves)
{
  DfnHashTree *self = g_new0 (DfnHashTree, 1);

  self->n_leaves = n_leaves;
  self->nodes = g_malloc0_n (2 * (gsize) n_leaves - 1, DFN_HASH_SIZE);
  return self;
}

DfnHashTree *
dfn_hash_tree_new (guint32 n_leaves)
{
  g_return_val_if_fail (n_leaves >= 1 && n_leaves <= DFN_HASH_TREE_MAX_LEAVES, NULL);

  return tree_new (n_leaves);
}

DfnHashTree *
dfn_hash_tree_new_sparse (guint32 n_leaves, const guint8 root[DFN_HASH_SIZE])
{
  DfnHashTree *self;

  g_return_val_if_fail (n_leaves >= 1 && n_leaves <= DFN_HASH_TREE_MAX_LEAVES, NULL);

  self = tree_new (n_leaves);
  self->n_appended = n_leaves;
  memcpy (self->root, root, DFN_HASH_SIZE);
  memcpy (self->nodes[subtree_position (0, n_leaves)], root, DFN_HASH_SIZE);
  return self;
}

void
dfn_hash_tree_free (DfnHashTree *self)
{
  g_free (self->nodes);
  g_free (self);
}

void
dfn_hash_tree_append_leaf (DfnHashTree *self, const guint8 leaf[DFN_HASH_SIZE])
{
  Step steps[DFN_HASH_TREE_MAX_DEPTH];
  guint64 child;
  guint depth;

  g_return_if_fail (self->n_appended < self->n_leaves);

  child = 2 * (guint64) self->n_appended;
  memcpy (self->nodes[child], leaf, DFN_HASH_SIZE);
  depth = walk_down (self->n_leaves, self->n_appended, steps);
  self->n_appended++;

  /* A node is complete with the last leaf below it, and this leaf is then in its right half. */
  while (depth > 0 && steps[depth - 1].end == self->n_appended)
    {
      const Step *step = &steps[--depth];

      hash_node (self->nodes[step->sibling], self->nodes[child], self->nodes[step->node]);
      child = step->node;
    }
  if (self->n_appended == self->n_leaves)
    memcpy (self->root, self->nodes[child], DFN_HASH_SIZE);
}

const guint8 *
dfn_hash_tree_get_root (DfnHashTree *self)
{
  return self->n_appended == self->n_leaves ? self->root : NULL;
}

guint32
dfn_hash_tree_get_n_leaves (DfnHashTree *self)
{
  return self->n_leaves;
}

const guint8 *
dfn_hash_tree_get_node (DfnHashTree *self, guint64 position)
{
  g_return_val_if_fail (position < 2 * (guint64) self->n_leaves - 1, NULL);

  return is_known (self->nodes[position]) ? self->nodes[position] : NULL;
}

const guint8 *
dfn_hash_tree_get_leaf (DfnHashTree *self, guint32 index)
{
  g_return_val_if_fail (index < self->n_leaves, NULL);

  return dfn_hash_tree_get_node (self, 2 * (guint64) index);
}

guint
dfn_hash_tree_get_path_positions (guint32 n_leaves,
                                  guint32 index,
                                  guint64 positions[DFN_HASH_TREE_MAX_DEPTH])
{
  Step steps[DFN_HASH_TREE_MAX_DEPTH];
  guint depth;

  g_return_val_if_fail (n_leaves <= DFN_HASH_TREE_MAX_LEAVES && index < n_leaves, 0);

  depth = walk_down (n_leaves, index, steps);
  for (guint i = 0; i < depth; i++)
    positions[i] = steps[depth - 1 - i].sibling;
  return depth;
}

GBytes *
dfn_hash_tree_get_path (DfnHashTree *self, guint32 index)
{
  guint64 positions[DFN_HASH_TREE_MAX_DEPTH];
  guint8 path[DFN_HASH_TREE_MAX_DEPTH * DFN_HASH_SIZE];
  guint depth;

  g_return_val_if_fail (index < self->n_leaves, NULL);

  depth = dfn_hash_tree_get_path_positions (self->n_leaves, index, positions);
  for (guint i = 0; i < depth; i++)
    {
      const guint8 *hash = self->nodes[positions[i]];

      if (!is_known (hash))
        return NULL;
      memcpy (path + i * DFN_HASH_SIZE, hash, DFN_HASH_SIZE);
    }
  return g_bytes_new (path, (gsize) depth * DFN_HASH_SIZE);
}

static void
proof_append (DfnHashTreeProof *proof, guint64 position, const guint8 *hash)
{
  proof->nodes[proof->n_nodes].position = position;
  memcpy (proof->nodes[proof->n_nodes].hash, hash, DFN_HASH_SIZE);
  proof->n_nodes++;
}

gboolean
dfn_hash_tree_verify (DfnHashTree *self,
                      guint32 index,
                      const guint8 leaf[DFN_HASH_SIZE],
                      const void *path,
                      gsize path_size,
                      DfnHashTreeProof *proof,
                      GError **error)
{
  Step steps[DFN_HASH_TREE_MAX_DEPTH];
  guint8 hash[DFN_HASH_SIZE];
  guint depth = index < self->n_leaves ? walk_down (self->n_leaves, index, steps) : 0;

  g_return_val_if_fail (self->n_appended == self->n_leaves, FALSE);

  if (index >= self->n_leaves || path_size != (gsize) depth * DFN_HASH_SIZE)
    {
      g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INTEGRITY,
                   "A path of %" G_GSIZE_FORMAT " bytes cannot belong to chunk %u of %u", path_size,
                   index, self->n_leaves);
      return FALSE;
    }
  proof->n_nodes = 0;
  proof_append (proof, 2 * (guint64) index, leaf);
  memcpy (hash, leaf, DFN_HASH_SIZE);
  for (guint i = 0; i < depth; i++)
    {
      const Step *step = &steps[depth - 1 - i];
      const guint8 *sibling = (const guint8 *) path + i * DFN_HASH_SIZE;

      if (step->sibling_is_left)
        hash_node (sibling, hash, hash);
      else
        hash_node (hash, sibling, hash);
      proof_append (proof, step->sibling, sibling);
      proof_append (proof, step->node, hash);
    }
  if (memcmp (hash, self->root, DFN_HASH_SIZE) == 0)
    return TRUE;
  g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INTEGRITY,
               "Chunk %u is not the one that was announced", index);
  return FALSE;
}

void
dfn_hash_tree_add (DfnHashTree *self, const DfnHashTreeProof *proof)
{
  for (guint i = 0; i < proof->n_nodes; i++)
    {
      g_return_if_fail (proof->nodes[i].position < 2 * (guint64) self->n_leaves - 1);
      memcpy (self->nodes[proof->nodes[i].position], proof->nodes[i].hash, DFN_HASH_SIZE);
    }
}

gboolean
dfn_hash_tree_verify_and_add (DfnHashTree *self,
                              guint32 index,
                              const guint8 leaf[DFN_HASH_SIZE],
                              const void *path,
                              gsize path_size,
                              GError **error)
{
  DfnHashTreeProof proof;

  if (!dfn_hash_tree_verify (self, index, leaf, path, path_size, &proof, error))
    return FALSE;
  dfn_hash_tree_add (self, &proof);
  return TRUE;
}
