// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/defragmenter.hpp"

#include <algorithm>

namespace mig::replay {
namespace {

/// The parts from 0 to `size` without a gap; nullopt: there is one.
std::optional<std::vector<std::byte>> joined(const std::map<std::size_t, std::vector<std::byte>>& parts,
                                             std::size_t size) {
  std::vector<std::byte> out;
  for (const auto& [offset, bytes] : parts) {
    if (offset > out.size()) return std::nullopt;
    const auto seen = std::min(out.size() - offset, bytes.size());
    out.insert(out.end(), bytes.begin() + static_cast<std::ptrdiff_t>(seen), bytes.end());
  }
  if (out.size() < size) return std::nullopt;
  out.resize(size);
  return out;
}

}  // namespace

std::optional<Bytes> Defragmenter::add(const DatagramId& id, std::size_t offset, bool more, Bytes payload) {
  if (payload.empty() || offset + payload.size() > max_datagram) return std::nullopt;
  auto [found, is_new] = open_.try_emplace(id);
  if (is_new) {
    order_.push_back(id);
    if (order_.size() > max_open) {
      open_.erase(order_.front());
      order_.pop_front();
      found = open_.find(id);
    }
  }
  auto& datagram = found->second;
  if (datagram.bytes < 2 * max_datagram &&
      datagram.parts.try_emplace(offset, payload.begin(), payload.end()).second)
    datagram.bytes += payload.size();
  if (!more) datagram.size = offset + payload.size();
  if (!datagram.size || datagram.bytes < *datagram.size) return std::nullopt;
  auto whole = joined(datagram.parts, *datagram.size);
  if (!whole) return std::nullopt;
  open_.erase(found);
  order_.erase(std::find(order_.begin(), order_.end(), id));
  return whole_.emplace_back(std::move(*whole));
}

}  // namespace mig::replay
