// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/peers/scripted_monitor.hpp"

#include <chrono>
#include <utility>

namespace json = boost::json;
using boost::asio::local::stream_protocol;

namespace mig::validate {
namespace {

constexpr std::size_t longest_line = 1U << 20U;

json::object timestamp() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  return {{"seconds", micro / 1'000'000}, {"microseconds", micro % 1'000'000}};
}

json::object error_of(const std::string& text) {
  return {{"error", json::object{{"class", "GenericError"}, {"desc", text}}}};
}

}  // namespace

ScriptedMonitor::ScriptedMonitor(boost::asio::io_context& io, const std::string& path)
    : acceptor_(io, stream_protocol::endpoint(path)) {
  accept();
}

ScriptedMonitor::~ScriptedMonitor() {
  if (client_) client_->close();
}

void ScriptedMonitor::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& failed, stream_protocol::socket socket) {
    if (failed) return;
    greet(std::move(socket));
    accept();
  });
}

void ScriptedMonitor::greet(StreamSocket socket) {
  if (client_) client_->close();
  line_.clear();
  const auto gone = [](const std::string&) {};
  client_ = std::make_shared<PeerChannel>(
      std::move(socket), PeerChannel::Handlers{[this](Bytes bytes) { received(bytes); }, gone, gone});
  client_->start();
  send({{"QMP",
         json::object{{"version", commands_.at("query-version")({})}, {"capabilities", json::array()}}}});
}

void ScriptedMonitor::received(Bytes bytes) {
  line_ += as_text(bytes);
  for (auto end = line_.find('\n'); end != std::string::npos; end = line_.find('\n')) {
    boost::system::error_code failed;
    const auto request = json::parse(line_.substr(0, end), failed);
    line_.erase(0, end + 1);
    if (failed || !request.is_object()) {
      send(error_of("JSON parse error"));
    } else {
      answer(request.as_object());
    }
  }
  if (line_.size() > longest_line) client_->close();
}

void ScriptedMonitor::answer(const json::object& request) {
  const auto* name = request.if_contains("execute");
  const auto* arguments = request.if_contains("arguments");
  const auto found =
      name != nullptr && name->is_string() ? commands_.find(std::string(name->as_string())) : commands_.end();
  json::object reply;
  try {
    if (found == commands_.end()) throw Refused("a scripted peer does not know this command");
    const bool given = arguments != nullptr && arguments->is_object();
    reply = {{"return", found->second(given ? arguments->as_object() : json::object())}};
  } catch (const std::exception& error) {
    reply = error_of(error.what());
  }
  if (const auto* id = request.if_contains("id")) reply["id"] = *id;
  send(reply);
}

void ScriptedMonitor::event(const std::string& name, json::object data) {
  send({{"timestamp", timestamp()}, {"event", name}, {"data", std::move(data)}});
}

void ScriptedMonitor::send(const json::object& message) {
  if (!client_) return;
  const auto line = json::serialize(message) + "\r\n";
  const auto bytes = as_bytes(line);
  client_->send(Buffer(bytes.begin(), bytes.end()));
}

}  // namespace mig::validate
