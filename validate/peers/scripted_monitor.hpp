// SPDX-License-Identifier: GPL-2.0-or-later
// The other end of QMP: a scripted peer answers commands and sends events, so that it can stand where a QEMU
// stands.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "validate/peers/peer_channel.hpp"

namespace mig::validate {

/// A command is refused; the text goes into the answer.
class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Serves one client after the other.
class ScriptedMonitor {
 public:
  using Command = std::function<boost::json::value(const boost::json::object& arguments)>;

  /// Makes the unix socket `path`. Throws boost::system::system_error where it cannot.
  ScriptedMonitor(boost::asio::io_context& io, const std::string& path);
  ~ScriptedMonitor();
  ScriptedMonitor(const ScriptedMonitor&) = delete;
  ScriptedMonitor& operator=(const ScriptedMonitor&) = delete;

  /// May throw Refused or CouldNotRun.
  void add(const std::string& name, Command command) { commands_[name] = std::move(command); }
  void event(const std::string& name, boost::json::object data = {});

 private:
  void accept();
  void greet(StreamSocket socket);
  void received(Bytes bytes);
  void answer(const boost::json::object& request);
  void send(const boost::json::object& message);

  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::shared_ptr<PeerChannel> client_;
  std::map<std::string, Command> commands_;
  std::string line_;
};

}  // namespace mig::validate
