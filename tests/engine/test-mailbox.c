/* SPDX-License-Identifier: MIT */
#include "dfn-mailbox.h"

#define N_LETTERS 1000

static gint n_freed;

typedef struct {
  GThread *thread;
  guint next;
} Reader;

static void
free_letter (gpointer letter)
{
  g_atomic_int_inc (&n_freed);
}

static void
on_letter (gpointer letter, gpointer user_data)
{
  Reader *reader = user_data;

  g_assert_true (g_thread_self () == reader->thread);
  g_assert_cmpuint (GPOINTER_TO_UINT (letter), ==, reader->next);
  reader->next++;
}

static gpointer
write_letters (gpointer data)
{
  g_autoptr (DfnMailbox) mailbox = data;

  for (guint i = 0; i < N_LETTERS; i++)
    dfn_mailbox_post (mailbox, GUINT_TO_POINTER (i));
  return NULL;
}

/* All letters arrive, in their order, on the reader's thread. */
static void
test_order (void)
{
  Reader reader = { g_thread_self (), 0 };
  g_autoptr (DfnMailbox) mailbox = dfn_mailbox_new (on_letter, &reader, free_letter);
  GThread *writer;

  n_freed = 0;
  writer = g_thread_new ("writer", write_letters, dfn_mailbox_ref (mailbox));
  while (reader.next < N_LETTERS)
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (writer);
  g_assert_cmpint (n_freed, ==, N_LETTERS);
}

/* A closed one takes nothing, and nothing leaks. */
static void
test_close (void)
{
  Reader reader = { g_thread_self (), 0 };
  DfnMailbox *mailbox = dfn_mailbox_new (on_letter, &reader, free_letter);
  GThread *writer;

  n_freed = 0;
  writer = g_thread_new ("writer", write_letters, dfn_mailbox_ref (mailbox));
  while (reader.next == 0)
    g_main_context_iteration (NULL, TRUE);
  dfn_mailbox_close (mailbox);
  dfn_mailbox_unref (mailbox);
  g_thread_join (writer);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpint (n_freed, ==, N_LETTERS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/mailbox/order", test_order);
  g_test_add_func ("/engine/mailbox/close", test_close);
  return g_test_run ();
}
