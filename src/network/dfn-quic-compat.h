/* SPDX-License-Identifier: MIT */
#pragma once

/* The differences between ngtcp2 0.12 (Debian 12) and 1.x, and nothing else. */

#include <glib.h>
#include <ngtcp2/ngtcp2.h>

#if NGTCP2_VERSION_NUM >= 0x010000

#define DFN_QUIC_CC_ALGO NGTCP2_CC_ALGO_BBR

typedef ngtcp2_conn_info DfnQuicConnInfo;
typedef ngtcp2_ccerr DfnQuicCloseError;
typedef ngtcp2_encryption_level DfnQuicLevel;
#define DFN_QUIC_LEVEL_DATA NGTCP2_ENCRYPTION_LEVEL_1RTT

static inline void
dfn_quic_compat_get_info (ngtcp2_conn *conn, DfnQuicConnInfo *info)
{
  ngtcp2_conn_get_conn_info (conn, info);
}

static inline void
dfn_quic_compat_server_params (ngtcp2_transport_params *params, const ngtcp2_cid *original_dcid)
{
  params->original_dcid = *original_dcid;
  params->original_dcid_present = 1;
}

#define dfn_quic_compat_error_init ngtcp2_ccerr_default
#define dfn_quic_compat_error_from_library ngtcp2_ccerr_set_liberr
#define dfn_quic_compat_error_from_alert ngtcp2_ccerr_set_tls_alert
#define dfn_quic_compat_error_from_application ngtcp2_ccerr_set_application_error
#define dfn_quic_compat_reset_stream(conn, id, code)                                               \
  ngtcp2_conn_shutdown_stream_write (conn, 0, id, code)
#define dfn_quic_compat_stop_stream(conn, id, code)                                                \
  ngtcp2_conn_shutdown_stream_read (conn, 0, id, code)
#define dfn_quic_compat_in_closing_period ngtcp2_conn_in_closing_period
#define dfn_quic_compat_in_draining_period ngtcp2_conn_in_draining_period

/* The code with which the peer's program closed, or -1 if it was no such close. */
static inline gint64
dfn_quic_compat_get_peer_code (ngtcp2_conn *conn)
{
  const ngtcp2_ccerr *error = ngtcp2_conn_get_ccerr (conn);

  return error->type == NGTCP2_CCERR_TYPE_APPLICATION ? (gint64) error->error_code : -1;
}

#else /* 0.12 */

/* BBR2 of 0.12 corresponds to BBR of 1.x, which lost the older algorithm. */
#define DFN_QUIC_CC_ALGO NGTCP2_CC_ALGO_BBR2

typedef ngtcp2_conn_stat DfnQuicConnInfo;
typedef ngtcp2_connection_close_error DfnQuicCloseError;
typedef ngtcp2_crypto_level DfnQuicLevel;
#define DFN_QUIC_LEVEL_DATA NGTCP2_CRYPTO_LEVEL_APPLICATION

static inline void
dfn_quic_compat_get_info (ngtcp2_conn *conn, DfnQuicConnInfo *info)
{
  ngtcp2_conn_get_conn_stat (conn, info);
}

static inline void
dfn_quic_compat_server_params (ngtcp2_transport_params *params, const ngtcp2_cid *original_dcid)
{
  params->original_dcid = *original_dcid;
}

#define dfn_quic_compat_error_init ngtcp2_connection_close_error_default
#define dfn_quic_compat_error_from_library ngtcp2_connection_close_error_set_transport_error_liberr
#define dfn_quic_compat_error_from_alert ngtcp2_connection_close_error_set_transport_error_tls_alert
#define dfn_quic_compat_error_from_application ngtcp2_connection_close_error_set_application_error
#define dfn_quic_compat_in_closing_period ngtcp2_conn_is_in_closing_period
#define dfn_quic_compat_in_draining_period ngtcp2_conn_is_in_draining_period
#define dfn_quic_compat_reset_stream ngtcp2_conn_shutdown_stream_write
#define dfn_quic_compat_stop_stream ngtcp2_conn_shutdown_stream_read

static inline gint64
dfn_quic_compat_get_peer_code (ngtcp2_conn *conn)
{
  ngtcp2_connection_close_error error;

  ngtcp2_conn_get_connection_close_error (conn, &error);
  return error.type == NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION
             ? (gint64) error.error_code
             : -1;
}

#endif
