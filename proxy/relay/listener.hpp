// SPDX-License-Identifier: GPL-2.0-or-later
// The socket on which sources arrive.
#pragma once
#include <sys/types.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

#include "proxy/relay/address.hpp"

namespace mig::proxy {

using Acceptor = boost::asio::basic_socket_acceptor<Stream>;

/// Listens from construction to close(). A unix socket that nobody listens on any more is replaced; ours is
/// removed at the end.
class Listener {
 public:
  /// Throws std::runtime_error that names the address and what to do about it.
  Listener(boost::asio::io_context& context, const Address& address);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] Acceptor& acceptor() noexcept { return acceptor_; }
  /// Where it listens, with the port that was taken for port 0.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  void close();

 private:
  void open(const Endpoint& endpoint, boost::system::error_code& error);
  void remember_file(const std::string& path);

  Acceptor acceptor_;
  std::string name_;
  std::string path_;  // of our unix socket
  dev_t device_ = 0;  // the file as we made it: another one at this path is not ours to remove
  ino_t inode_ = 0;
};

}  // namespace mig::proxy
