/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-hash.h"

#include <glib.h>

G_BEGIN_DECLS

/** DFN_HASH_TREE_MAX_LEAVES: 2^25 leaves, 8 TiB in chunks of 256 KiB */
#define DFN_HASH_TREE_MAX_LEAVES (1u << 25)
/** DFN_HASH_TREE_MAX_DEPTH: the hashes in the longest audit path of a tree within that limit */
#define DFN_HASH_TREE_MAX_DEPTH 25

/**
 * DfnHashTree:
 *
 * The Merkle tree of RFC 9162, section 2.1, with SHA-256: a leaf is H(0x00 || data), a node
 * H(0x01 || left || right), and a tree of n leaves splits at the largest power of two below n.
 *
 * Its 2n - 1 nodes lie in one array of 32 bytes each, in the order in which a walk from left to
 * right meets them: leaf i at 2i, and the node whose right half begins with leaf m at 2m - 1. That
 * needs no padding and keeps what belongs to neighbouring chunks together, so that of a large
 * sparse tree only the touched pages take memory.
 *
 * The full form is filled leaf by leaf; the sparse form starts with the root alone and grows by
 * what was proven. A tree is used from one thread at a time; a full tree that is complete no longer
 * changes and may be read from several.
 */
typedef struct _DfnHashTree DfnHashTree;

/**
 * DfnHashTreeProof:
 * @n_nodes: how many are used
 * @nodes: what a verified path proves: position in the array and hash
 */
typedef struct {
  guint n_nodes;
  struct {
    guint64 position;
    guint8 hash[DFN_HASH_SIZE];
  } nodes[2 * DFN_HASH_TREE_MAX_DEPTH + 1];
} DfnHashTreeProof;

/**
 * dfn_hash_tree_new:
 * @n_leaves: 1 to %DFN_HASH_TREE_MAX_LEAVES
 *
 * Returns: (transfer full): a tree to be filled with dfn_hash_tree_append_leaf()
 */
DfnHashTree *dfn_hash_tree_new (guint32 n_leaves);

/**
 * dfn_hash_tree_new_sparse:
 * @n_leaves: 1 to %DFN_HASH_TREE_MAX_LEAVES
 * @root: the root that everything must prove to
 *
 * Returns: (transfer full): a tree that knows its root alone
 */
DfnHashTree *dfn_hash_tree_new_sparse (guint32 n_leaves, const guint8 root[DFN_HASH_SIZE]);

void dfn_hash_tree_free (DfnHashTree *self);

/**
 * dfn_hash_tree_append_leaf:
 * @leaf: the hash of the next leaf, as dfn_hash_tree_hash_leaf() makes it
 *
 * Adds the next leaf from the left to a full tree and computes the nodes that it completes.
 */
void dfn_hash_tree_append_leaf (DfnHashTree *self, const guint8 leaf[DFN_HASH_SIZE]);

/**
 * dfn_hash_tree_get_root:
 *
 * Returns: (transfer none) (nullable): %DFN_HASH_SIZE bytes, or %NULL while leaves of a full tree
 *   are still to come
 */
const guint8 *dfn_hash_tree_get_root (DfnHashTree *self);

/** dfn_hash_tree_get_n_leaves: the number of leaves, known and unknown */
guint32 dfn_hash_tree_get_n_leaves (DfnHashTree *self);

/**
 * dfn_hash_tree_get_leaf:
 *
 * Returns: (transfer none) (nullable): the hash of leaf @index, or %NULL while it is not known
 */
const guint8 *dfn_hash_tree_get_leaf (DfnHashTree *self, guint32 index);

/**
 * dfn_hash_tree_get_path:
 * @index: a leaf
 *
 * The audit path of RFC 9162, section 2.1.3.1: the siblings on the way from the leaf to the root,
 * the leaf's own first.
 *
 * Returns: (transfer full) (nullable): the hashes one after another, no bytes for a tree of one
 *   leaf; %NULL while a hash of the path is not known
 */
GBytes *dfn_hash_tree_get_path (DfnHashTree *self, guint32 index);

/**
 * dfn_hash_tree_verify:
 * @index: a leaf's number, from anywhere
 * @leaf: its hash, from anywhere
 * @path: (array length=path_size) (nullable): an audit path, from anywhere
 * @path_size: its bytes
 * @proof: (out caller-allocates): receives what the path proves
 * @error: return location
 *
 * Checks a path against the root (RFC 9162, section 2.1.3.2) and changes nothing. The path must
 * have exactly the length that @index has in a tree of this size.
 *
 * Returns: %TRUE if the leaf and the path prove to the root; else %FALSE with
 *   %DFN_STREAMING_ERROR_INTEGRITY
 */
gboolean dfn_hash_tree_verify (DfnHashTree *self,
                               guint32 index,
                               const guint8 leaf[DFN_HASH_SIZE],
                               const void *path,
                               gsize path_size,
                               DfnHashTreeProof *proof,
                               GError **error);

/**
 * dfn_hash_tree_add:
 * @proof: what dfn_hash_tree_verify() proved against this tree
 *
 * Keeps the nodes, so that dfn_hash_tree_get_path() can hand them on.
 */
void dfn_hash_tree_add (DfnHashTree *self, const DfnHashTreeProof *proof);

/**
 * dfn_hash_tree_verify_and_add:
 *
 * dfn_hash_tree_verify() and, if it succeeds, dfn_hash_tree_add().
 */
gboolean dfn_hash_tree_verify_and_add (DfnHashTree *self,
                                       guint32 index,
                                       const guint8 leaf[DFN_HASH_SIZE],
                                       const void *path,
                                       gsize path_size,
                                       GError **error);

/**
 * dfn_hash_tree_get_node:
 * @position: 0 to 2n - 2
 *
 * Returns: (transfer none) (nullable): the hash at a position of the array, or %NULL while it is
 *   not known
 */
const guint8 *dfn_hash_tree_get_node (DfnHashTree *self, guint64 position);

/**
 * dfn_hash_tree_get_path_positions:
 * @n_leaves: 1 to %DFN_HASH_TREE_MAX_LEAVES
 * @index: a leaf below @n_leaves
 * @positions: (out caller-allocates): receives where the hashes of the leaf's audit path lie
 *
 * Returns: the number of hashes in the path
 */
guint dfn_hash_tree_get_path_positions (guint32 n_leaves,
                                        guint32 index,
                                        guint64 positions[DFN_HASH_TREE_MAX_DEPTH]);

/**
 * dfn_hash_tree_hash_leaf:
 * @data: (array length=length): a chunk
 * @out: (out caller-allocates): H(0x00 || data)
 */
void dfn_hash_tree_hash_leaf (const void *data, gsize length, guint8 out[DFN_HASH_SIZE]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnHashTree, dfn_hash_tree_free)

G_END_DECLS
