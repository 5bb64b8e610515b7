// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/qemu/qmp_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "validate/base/errors.hpp"

namespace json = boost::json;

namespace mig::validate {
namespace {

constexpr std::size_t longest_line = 16U << 20U;

double wall_seconds(const json::object& message) {
  const auto* stamp = message.if_contains("timestamp");
  if (stamp == nullptr || !stamp->is_object()) return -1;
  const auto number = [&](const char* key) {
    const auto* value = stamp->as_object().if_contains(key);
    return value != nullptr && value->is_number() ? value->to_number<double>() : 0.0;
  };
  return number("seconds") + number("microseconds") / 1e6;
}

std::string error_text(const json::object& message) {
  const auto* error = message.if_contains("error");
  if (error == nullptr || !error->is_object()) return "an answer that is neither a result nor an error";
  const auto* text = error->as_object().if_contains("desc");
  return text != nullptr && text->is_string() ? std::string(text->as_string())
                                              : "an error without a description";
}

}  // namespace

QmpClient::QmpClient(UniqueFd socket, const RunClock& clock, const std::filesystem::path& log)
    : socket_(std::move(socket)), clock_(&clock) {
  if (!log.empty()) log_.open(log);
  const timeval bound{5, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
}

bool QmpClient::negotiate(Seconds limit) {
  json::object greeting;
  if (!wait_for([](const json::object& m) { return m.contains("QMP"); }, limit, greeting)) return false;
  return execute("qmp_capabilities").ok;
}

QmpReply QmpClient::execute(std::string_view command, json::object arguments, Seconds limit) {
  const auto id = ++last_id_;
  json::object request{{"execute", command}, {"id", id}};
  if (!arguments.empty()) request["arguments"] = std::move(arguments);
  QmpReply reply;
  json::object message;
  const auto is_answer = [id](const json::object& m) {
    const auto* value = m.if_contains("id");
    return value != nullptr && *value == id;
  };
  if (!send_line(json::serialize(request)) || !wait_for(is_answer, limit, message)) {
    reply.error = closed_ ? "the connection is closed" : "no answer in time";
    return reply;
  }
  reply.ok = message.contains("return");
  if (reply.ok) {
    reply.result = message["return"];
  } else {
    reply.error = error_text(message);
  }
  return reply;
}

std::vector<QmpEvent> QmpClient::take_events() {
  json::object none;
  (void)wait_for([](const json::object&) { return false; }, 0, none);
  return std::exchange(events_, {});
}

bool QmpClient::send_line(const std::string& line) {
  log('>', line);
  const auto data = line + "\n";
  for (std::size_t sent = 0; !closed_ && sent < data.size();) {
    const auto n = ::send(socket_.get(), data.data() + sent, data.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) closed_ = true;
    if (n > 0) sent += static_cast<std::size_t>(n);
  }
  return !closed_;
}

// Waits for the first bytes only; take what is there.
void QmpClient::receive(Seconds limit) {
  pollfd ready{socket_.get(), POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(std::max(limit, 0.0) * 1000)) <= 0) return;
  std::array<char, 65536> buffer{};
  const auto n = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n > 0) {
    received_.append(buffer.data(), static_cast<std::size_t>(n));
  } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
    closed_ = true;
  }
  if (received_.size() > longest_line) closed_ = true;
}

bool QmpClient::next_line(std::string& line) {
  const auto end = received_.find('\n');
  if (end == std::string::npos) return false;
  line = received_.substr(0, end);
  received_.erase(0, end + 1);
  log('<', line);
  return true;
}

void QmpClient::keep_event(const json::object& message) {
  const auto* name = message.if_contains("event");
  if (name == nullptr || !name->is_string()) return;
  QmpEvent event{clock_->now(), std::string(name->as_string()), {}};
  if (const double wall = wall_seconds(message); wall >= 0) event.at = clock_->from_wall(wall);
  if (const auto* data = message.if_contains("data"); data != nullptr && data->is_object())
    event.data = data->as_object();
  events_.push_back(std::move(event));
}

// Lines that are not JSON objects, and late answers to commands given up on, are passed over.
bool QmpClient::wait_for(const Wanted& wanted, Seconds limit, json::object& message) {
  const auto until = clock_->now() + limit;
  for (bool last_look = false;;) {
    for (std::string line; next_line(line);) {
      boost::system::error_code failed;
      const auto value = json::parse(line, failed);
      if (failed || !value.is_object()) continue;
      keep_event(value.as_object());
      if (!wanted(value.as_object())) continue;
      message = value.as_object();
      return true;
    }
    if (closed_ || last_look) return false;
    last_look = clock_->now() >= until;
    sleep_for(0);
    receive(std::min(until - clock_->now(), 0.1));
  }
}

void QmpClient::log(char direction, std::string_view line) {
  if (!log_.is_open()) return;
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  log_ << "{\"at\":" << clock_->now() << ",\"dir\":\"" << direction << "\",\"qmp\":" << line << "}"
       << std::endl;
}

UniqueFd connect_unix(const std::filesystem::path& path, Seconds limit, const std::function<bool()>& alive) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto name = path.string();
  if (name.size() >= sizeof address.sun_path)
    throw CouldNotRun(name + " is too long for a unix socket: set TMPDIR shorter");
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  const RunClock clock;
  while (clock.now() < limit && alive()) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(fd.get(), generic, sizeof address) == 0) return fd;
    sleep_for(0.02);
  }
  return {};
}

}  // namespace mig::validate
