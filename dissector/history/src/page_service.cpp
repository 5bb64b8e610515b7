// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/history/page_service.hpp"

#include <algorithm>

namespace mig {

void PageService::page(const Place& at, const PageRecord& record, const StreamTables& tables) {
  const PageRequests::Passed page{record.block, record.page_offset, at.when, {}, at.channel};
  if (record.payload_size == 0) return whole(at, page, tables);
  open_[at.connection] = {page, record.payload_size};
}

void PageService::more_of_page(const Place& at, std::uint64_t size, const StreamTables& tables) {
  auto& open = open_[at.connection];
  if (open.left == 0) return;
  open.left -= std::min(open.left, size);
  if (open.left == 0) whole(at, open.page, tables);
}

void PageService::whole(const Place& at, PageRequests::Passed page, const StreamTables& tables) {
  page.last = at.when;
  requests_.passed(page, tables);
}

std::optional<PageRequests::Request> PageService::event(const Place& at, Direction direction, RamStage stage,
                                                        const Event& event, const StreamTables& tables) {
  if (direction == Direction::return_path) {
    const auto* request = std::get_if<PageRequest>(&event.body);
    if (request == nullptr) return std::nullopt;
    return requests_.ask(*request, at, tables);
  }
  if (at.channel == ChannelKind::multifd || stage != RamStage::postcopy) return std::nullopt;
  if (std::holds_alternative<Payload>(event.body) || std::holds_alternative<Missing>(event.body)) {
    more_of_page(at, event.range.size(), tables);
  } else if (const auto* record = std::get_if<PageRecord>(&event.body)) {
    page(at, *record, tables);
  } else {
    open_.erase(at.connection);
    if (!std::holds_alternative<RecvBitmapRequest>(event.body)) return std::nullopt;
    open_.clear();
    requests_.recovered(tables);
  }
  return std::nullopt;
}

}  // namespace mig
