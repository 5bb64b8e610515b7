// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/nothing_found.hpp"

#include <algorithm>
#include <map>

#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

constexpr std::size_t max_connections = 20;

std::string ended(const ChannelSummary& c) {
  if (!c.first_end) return "still open";
  const std::string side = c.first_end->by == Peer::source ? "client" : "server";
  return c.first_end->reset ? "reset by the " + side : "closed first by the " + side;
}

std::string encrypted(const ChannelSummary& c, const TlsTraffic& tls) {
  std::string out = "TLS";
  if (const auto name = tls.server_name(); !name.empty()) out += " for " + name;
  if (const auto sizes = tls.what_sizes_say(); !sizes.empty()) out += ": " + sizes;
  if (c.first_end && tls.only_handshake())
    out += ", ended right after the handshake (a certificate or its name was not accepted, most likely)";
  return out;
}

std::string one_direction(const ChannelSummary& c) {
  const auto& silent = c.heard[0] ? c.info.server : c.info.client;
  return "one direction only: no packet of " + to_string(silent) +
         " was captured; capture on one of the two hosts, or both directions of the port";
}

std::string line(const ChannelSummary& c, const SummaryCollector& summary) {
  return to_string(c.info.client) + " -> " + to_string(c.info.server) + "  " + what_it_is(c, summary) + "; " +
         bytes_text(c.bytes[0]) + " to the server, " + bytes_text(c.bytes[1]) + " to the client, " + ended(c);
}

void packets(std::vector<std::string>& out, const SummaryCollector& summary) {
  const auto& seen = summary.statistics();
  if (seen.cut_packets != 0)
    out.push_back(std::to_string(seen.cut_packets) + " packets were cut at " +
                  std::to_string(seen.largest_cut) + " bytes; capture with -s 0");
  if (seen.encrypted_packets != 0)
    out.push_back(
        std::to_string(seen.encrypted_packets) +
        " packets are of IPsec or WireGuard, which hide what they carry; capture inside the tunnel");
  if (!summary.others().empty()) return;
  out.push_back(seen.packets == 0
                    ? "it holds no packet"
                    : "it holds no TCP connection in " + std::to_string(seen.packets) + " packets");
}

}  // namespace

std::string what_it_is(const ChannelSummary& c, const SummaryCollector& summary) {
  if (const auto* tls = summary.tls(c.id)) return encrypted(c, *tls);
  const bool nothing = c.bytes[0] + c.bytes[1] + c.missing[0] + c.missing[1] == 0;
  if (nothing && c.info.from_the_start && !c.heard[1])
    return "no answer: the server is down, or a firewall drops the packets";
  if (nothing && c.reset && c.info.from_the_start) return "refused: nothing listens there";
  if (!c.heard[0] || !c.heard[1]) return one_direction(c);
  if (nothing) return "without a byte";
  if (!c.info.from_the_start)
    return "captured from its middle on, and nothing in it can be read as a migration; capture from the "
           "start";
  return "something else than a migration";
}

std::vector<std::string> nothing_found(const SummaryCollector& summary) {
  std::vector<std::string> out;
  packets(out, summary);
  const auto& all = summary.others();
  for (std::size_t i = 0; i < std::min(all.size(), max_connections); ++i)
    out.push_back(line(all[i], summary));
  if (all.size() > max_connections)
    out.push_back("and " + std::to_string(all.size() - max_connections) + " more connections");
  if (std::any_of(all.begin(), all.end(), [&](const auto& c) { return summary.tls(c.id) != nullptr; }))
    out.push_back("what TLS carries is read with its key log: docs/tls.md");
  return out;
}

}  // namespace mig::replay
