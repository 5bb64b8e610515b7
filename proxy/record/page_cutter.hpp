// SPDX-License-Identifier: GPL-2.0-or-later
// --record-pages=no: which bytes of a leg are page contents.
#pragma once
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "mig/connection_parser.hpp"
#include "mig/history/migration.hpp"
#include "proxy/relay/observer.hpp"

namespace mig::proxy {

using LegKey = std::pair<ConnectionId, Side>;

/// Bytes of which the first `kept` go into the recording and the rest does not.
struct KeptPiece {
  std::size_t size = 0, kept = 0;
};

/// Reads each leg with a parser of its own, as whoever opens the recording will: what a rule changed on its
/// passage is different on the two legs. Cut are the contents of pages, of multifd packets too; whatever is
/// not surely that is kept, bytes that could not be read among it.
class PageCutter {
 public:
  PageCutter();
  ~PageCutter();

  /// The next bytes of a direction, cut into pieces.
  [[nodiscard]] std::vector<KeptPiece> pieces(const LegKey& leg, Direction direction, Bytes bytes);
  void closed(ConnectionId connection, bool reset);

 private:
  class Leg;
  struct SideOfProxy;
  std::vector<std::unique_ptr<SideOfProxy>> sides_;  // by Side
};

}  // namespace mig::proxy
