// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "mig/history/page_requests.hpp"
#include "mig/history/migration.hpp"

namespace mig {

/// Which page requests of one migration were answered, and when: finds whole pages in the events of its main
/// and preempt channels, and gives them and the requests to PageRequests.
class PageService {
 public:
  /// An event of the migration, on any channel; `stage` is what Migration::ram_stage() says of that channel.
  /// What was asked, if the event is a request.
  std::optional<PageRequests::Request> event(const Place& at, Direction direction, RamStage stage,
                                             const Event& event, const StreamTables& tables);
  [[nodiscard]] std::vector<PageRange> take_answered() { return requests_.take_answered(); }
  /// A page that was asked for has not passed.
  [[nodiscard]] const auto& awaited() const noexcept { return requests_.awaited(); }

 private:
  /// The page of a connection whose payload is still to come.
  struct OpenPage {
    PageRequests::Passed page;
    std::uint64_t left = 0;  // bytes of it; 0: none is open
  };
  void page(const Place& at, const PageRecord& record, const StreamTables& tables);
  void more_of_page(const Place& at, std::uint64_t size, const StreamTables& tables);
  void whole(const Place& at, PageRequests::Passed page, const StreamTables& tables);

  PageRequests requests_;
  std::map<ConnectionId, OpenPage> open_;
};

}  // namespace mig
