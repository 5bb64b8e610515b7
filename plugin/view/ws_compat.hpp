// SPDX-License-Identifier: GPL-2.0-or-later
// Wireshark's headers, and all that differs between its versions from 4.0 on. What differs is asked of the
// headers themselves, never of a version number: one that nobody here could get is handled like those that
// were tested.
#pragma once
// wireshark.h wants it defined before any of its headers, so that plugin symbols are exported.
#ifndef WS_BUILD_DLL
#define WS_BUILD_DLL
#endif
#include <epan/conversation.h>
#include <epan/conversation_filter.h>
#include <epan/dissectors/packet-tcp.h>
#include <epan/expert.h>
#include <epan/export_object.h>
#include <epan/packet.h>
#include <epan/prefs.h>
#include <epan/proto_data.h>
#include <epan/stat_tap_ui.h>
#include <epan/stats_tree.h>
#include <epan/tap.h>
#include <ws_version.h>
#if __has_include(<epan/unit_strings.h>)
#include <epan/unit_strings.h>
#endif
extern "C" {  // no guard of its own, and glib must have been seen before
#include <epan/dissectors/packet-tls.h>
#include <epan/prefs-int.h>
}
#if __has_include(<wsutil/plugins.h>)
#include <wsutil/plugins.h>
#endif

#include <cstdint>
#include <type_traits>

struct tlsinfo;  // Wireshark's own; newer headers have defined it above

namespace mig::plugin::compat {

// bool or gboolean, whichever this Wireshark uses.
template <class R, class... A>
R result_of(R (*)(A...));
using HeuristicResult = decltype(result_of(static_cast<heur_dissector_t>(nullptr)));

template <class>
struct PreferenceVariable;
template <class R, class A, class B, class C, class D, class E>
struct PreferenceVariable<R (*)(A, B, C, D, E*)> {
  using type = E;
};
using BoolPreference = PreferenceVariable<decltype(&prefs_register_bool_preference)>::type;
using UintPreference = unsigned;

/// What plugin_describe() answers: this plugin brings a dissector.
inline constexpr std::uint32_t description =
#ifdef WS_PLUGIN_DESC_DISSECTOR
    WS_PLUGIN_DESC_DISSECTOR;
#else
    1;
#endif

/// Conversation filters: newer versions hand user data to both functions.
template <bool (*available)(packet_info*), char* (*text)(packet_info*), class Function = is_filter_valid_func>
void add_conversation_filter(const char* protocol, const char* title) {
  if constexpr (std::is_invocable_v<Function, packet_info*, void*>) {
    register_conversation_filter(
        protocol, title, [](packet_info* p, auto*...) -> HeuristicResult { return available(p); },
        [](packet_info* p, auto*...) { return text(p); }, static_cast<Function*>(nullptr));
  } else {
    register_conversation_filter(
        protocol, title, [](packet_info* p, auto*...) -> HeuristicResult { return available(p); },
        [](packet_info* p, auto*...) { return text(p); });
  }
}

/// A TLS connection is claimed by writing the handle where `data` of its heuristic dissectors says: a tlsinfo
/// with a pointer to that place, or the place itself in versions without that struct.
template <class Info>
concept NamesTheHandle = requires(Info& info) {
  *info.app_handle = dissector_handle_t{};
};

/// Claims a TLS connection from inside a heuristic dissector, by its `data`.
template <class Info = tlsinfo>
void claim_tls(void* data, dissector_handle_t handle) {
  if (data == nullptr) return;
  if constexpr (NamesTheHandle<Info>) {
    *static_cast<Info*>(data)->app_handle = handle;
  } else {
    *static_cast<dissector_handle_t*>(data) = handle;
  }
}

}  // namespace mig::plugin::compat
