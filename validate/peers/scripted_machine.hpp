// SPDX-License-Identifier: GPL-2.0-or-later
// A whole scripted peer: memory, guest, source and destination behind the QMP commands that a run gives to a
// QEMU.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

#include "validate/peers/peer_state.hpp"
#include "validate/peers/scripted_destination.hpp"
#include "validate/peers/scripted_guest.hpp"
#include "validate/peers/scripted_monitor.hpp"
#include "validate/peers/scripted_source.hpp"

namespace mig::validate {

struct ScriptedSetup {
  std::string qmp;     ///< path of the unix socket
  std::string serial;  ///< file for the guest's ticks
  bool incoming = false;
  bool paused = false;
};

class ScriptedMachine {
 public:
  ScriptedMachine(boost::asio::io_context& io, const ScriptedSetup& setup);

 private:
  void add_general_commands();
  void add_migration_commands();
  boost::json::value set_capabilities(const boost::json::object& arguments);
  boost::json::value set_parameters(const boost::json::object& arguments);
  boost::json::value listen(const boost::json::object& arguments);
  boost::json::value cont();
  [[nodiscard]] boost::json::value query_migrate() const;
  void on_status();
  void on_run_state();
  void report_tick(std::uint32_t tick);

  boost::asio::io_context& io_;
  ScriptedSetup setup_;
  std::ofstream serial_;
  ScriptedMemory memory_;
  ScriptedGuest guest_;
  PeerState state_;
  ScriptedMonitor monitor_;
  std::optional<ScriptedSource> source_;
  std::optional<ScriptedDestination> destination_;
  ScriptedSource::Rates rates_;
  std::uint16_t port_ = 0;
  bool exit_on_error_ = true;
};

}  // namespace mig::validate
