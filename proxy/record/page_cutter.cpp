// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/record/page_cutter.hpp"

#include <algorithm>
#include <array>

namespace mig::proxy {

/// One connection as one of its ends has it.
class PageCutter::Leg {
 public:
  Leg(MigrationSet& set, ConnectionId id) : parser_(set, id) {}

  std::vector<KeptPiece> pieces(Direction direction, Bytes bytes) {
    Half& half = halves_[static_cast<std::size_t>(direction)];
    Sink sink(parser_, direction, half, bytes.size());
    static_cast<void>(parser_.feed(direction, bytes, sink));
    half.offset += bytes.size();
    return std::move(sink).pieces();
  }
  void closed(bool reset) {
    std::vector<Notice> notices;
    if (auto* migration = parser_.migration())
      migration->closed({parser_.id(), parser_.kind(), Direction::forward}, reset, notices);
  }

 private:
  struct Half {
    std::uint64_t offset = 0;  // of the next bytes
    bool in_page = false;      // the payload that comes next is page contents, and its length is certain
  };

  class Sink final : public EventSink {
   public:
    Sink(const ConnectionParser& parser, Direction direction, Half& half, std::size_t size)
        : parser_(parser), direction_(direction), half_(half), size_(size) {}

    void on_event(const Event& event, Bytes /*raw*/) override {
      if (auto* migration = parser_.migration())  // what it knows decides to which one a connection belongs
        migration->delivered({parser_.id(), parser_.kind(), direction_}, event, notices_);
      if (std::holds_alternative<Payload>(event.body)) return payload(event);
      if (!event.extent.continues()) half_.in_page = is_page(event.body);
    }
    std::vector<KeptPiece> pieces() && {
      if (at_ < size_) pieces_.push_back({size_ - at_, size_ - at_});
      return std::move(pieces_);
    }

   private:
    /// As long as the page size is assumed, a page's length is found by what is in it.
    bool is_page(const EventBody& body) const {
      if (std::holds_alternative<MultifdPacket>(body)) return true;
      const auto* migration = parser_.migration();
      return std::holds_alternative<PageRecord>(body) && migration != nullptr &&
             migration->tables().page_size_source != PageSizeSource::assumed;
    }
    void payload(const Event& event) {
      const auto kind = std::get<Payload>(event.body).kind;
      if (!half_.in_page || (kind != PayloadKind::page && kind != PayloadKind::multifd_data)) return;
      // What the parser had held from the chunk before is in the recording already.
      const auto begin = event.range.begin - std::min(event.range.begin, half_.offset);
      const auto end = event.range.end - std::min(event.range.end, half_.offset);
      if (begin == end) return;
      const auto kept = static_cast<std::size_t>(begin) - at_;
      if (kept == 0 && !pieces_.empty()) {
        pieces_.back().size += static_cast<std::size_t>(end - begin);
      } else {
        pieces_.push_back({static_cast<std::size_t>(end) - at_, kept});
      }
      at_ = static_cast<std::size_t>(end);
    }

    const ConnectionParser& parser_;
    Direction direction_;
    std::vector<Notice> notices_;
    Half& half_;
    std::size_t size_;
    std::size_t at_ = 0;  // of the bytes behind the last piece
    std::vector<KeptPiece> pieces_;
  };

  ConnectionParser parser_;
  std::array<Half, 2> halves_{};
};

struct PageCutter::SideOfProxy {
  MigrationSet set;
  std::map<ConnectionId, Leg> legs;
};

PageCutter::PageCutter() {
  for (int side = 0; side < 2; ++side) sides_.push_back(std::make_unique<SideOfProxy>());
}

PageCutter::~PageCutter() = default;

std::vector<KeptPiece> PageCutter::pieces(const LegKey& key, Direction direction, Bytes bytes) {
  auto& side = *sides_[static_cast<std::size_t>(key.second)];
  return side.legs.try_emplace(key.first, side.set, key.first).first->second.pieces(direction, bytes);
}

void PageCutter::closed(ConnectionId connection, bool reset) {
  for (const auto& side : sides_) {
    const auto leg = side->legs.find(connection);
    if (leg == side->legs.end()) continue;
    leg->second.closed(reset);
    side->legs.erase(leg);
  }
}

}  // namespace mig::proxy
