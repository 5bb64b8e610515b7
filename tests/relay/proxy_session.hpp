// SPDX-License-Identifier: GPL-2.0-or-later
// A migproxy with a source and a destination of the test on either side.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "peers.hpp"
#include "program.hpp"
#include "support/stream_builder.hpp"

namespace mig::proxy::test {

inline std::string bytes_of(mig::Bytes bytes) { return std::string(mig::as_text(bytes)); }

inline std::vector<std::string> with(std::vector<std::string> arguments,
                                     const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

struct ProxySession {
  explicit ProxySession(std::vector<std::string> arguments, const std::string& listen = "127.0.0.1:0",
                        const std::string& connect = "127.0.0.1:0")
      : listener(connect),
        proxy(with(std::move(arguments), {"--listen", listen, "--connect", listener.address()})) {}

  /// Both directions of a postcopy migration; what arrived is kept.
  void migrate() {
    Peer source = connect_to(proxy.address());
    Peer destination = listener.accept();
    source.send(bytes_of(mig::test::postcopy_stream()));
    source.end_sending();
    arrived = destination.receive_all();
    destination.send(bytes_of(mig::test::postcopy_return_path()));
    destination.end_sending();
    came_back = source.receive_all();
  }

  PeerListener listener;
  RunningProxy proxy;
  std::string arrived;
  std::string came_back;
};

}  // namespace mig::proxy::test
