// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "mig/basic_connection.hpp"
#include "mig/forward_parser.hpp"
#include "mig/multifd_parser.hpp"
#include "mig/return_path_parser.hpp"

namespace mig {

extern template class BasicConnection<ForwardParser, MultifdParser, ReturnPathParser>;

/// A connection whose first error is final in either direction: for those who act on what they parse. See
/// mig/resync/connection.hpp for those who read captures.
class ConnectionParser : public BasicConnection<ForwardParser, MultifdParser, ReturnPathParser> {
 public:
  using BasicConnection::BasicConnection;
};

}  // namespace mig
