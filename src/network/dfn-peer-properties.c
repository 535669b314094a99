/* SPDX-License-Identifier: MIT */
#include "dfn-peer-private.h"

enum {
  PROP_0,
  PROP_RTT_US,
  PROP_RATE_IN,
  PROP_RATE_OUT,
  PROP_BYTES_IN,
  PROP_BYTES_OUT,
  PROP_LOSS,
  PROP_CHUNKS_TAKEN,
  PROP_CHUNKS_GIVEN,
  PROP_CONTROL_BYTES,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
dfn_peer_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DfnPeer *self = DFN_PEER (object);
  DfnQuicStats quic;

  dfn_quic_get_stats (self->quic, &quic);
  switch (id)
    {
    case PROP_RTT_US:
      g_value_set_int64 (value, quic.rtt_us);
      break;
    case PROP_RATE_IN:
      g_value_set_double (value, quic.rate_in);
      break;
    case PROP_RATE_OUT:
      g_value_set_double (value, quic.rate_out);
      break;
    case PROP_BYTES_IN:
      g_value_set_uint64 (value, quic.bytes_received);
      break;
    case PROP_BYTES_OUT:
      g_value_set_uint64 (value, quic.bytes_sent);
      break;
    case PROP_LOSS:
      g_value_set_double (value, quic.loss);
      break;
    case PROP_CHUNKS_TAKEN:
      g_value_set_uint64 (value, self->stats.chunks_received);
      break;
    case PROP_CHUNKS_GIVEN:
      g_value_set_uint64 (value, self->stats.chunks_sent);
      break;
    case PROP_CONTROL_BYTES:
      g_value_set_uint64 (value, self->stats.control_bytes_sent);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static GParamSpec *
make_count (const char *name)
{
  return g_param_spec_uint64 (name, NULL, NULL, 0, G_MAXUINT64, 0,
                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static GParamSpec *
make_number (const char *name)
{
  return g_param_spec_double (name, NULL, NULL, 0, G_MAXDOUBLE, 0,
                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

void
dfn_peer_install_properties (GObjectClass *klass)
{
  klass->get_property = dfn_peer_get_property;
  properties[PROP_RTT_US] = g_param_spec_int64 ("rtt-us", NULL, NULL, 0, G_MAXINT64, 0,
                                                G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_RATE_IN] = make_number ("rate-in");
  properties[PROP_RATE_OUT] = make_number ("rate-out");
  properties[PROP_BYTES_IN] = make_count ("bytes-in");
  properties[PROP_BYTES_OUT] = make_count ("bytes-out");
  properties[PROP_LOSS] = make_number ("loss");
  properties[PROP_CHUNKS_TAKEN] = make_count ("chunks-taken");
  properties[PROP_CHUNKS_GIVEN] = make_count ("chunks-given");
  properties[PROP_CONTROL_BYTES] = make_count ("control-bytes");
  g_object_class_install_properties (klass, N_PROPS, properties);
}
