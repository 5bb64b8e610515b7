// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/rehearse/qmp.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "common/address.hpp"

namespace json = boost::json;

namespace mig::proxy {

Qmp::Qmp(std::string path)
    : path_(std::move(path)), socket_(connect_to({Address::Kind::unix_path, "", 0, path_})) {
  const timeval patience{5, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  static_cast<void>(next());  // the greeting
  static_cast<void>(execute("qmp_capabilities"));
}

void Qmp::fail(const std::string& why) const { throw std::runtime_error("QMP at " + path_ + ": " + why); }

json::value Qmp::execute(std::string_view command) {
  const auto line = json::serialize(json::object{{"execute", command}}) + "\n";
  if (::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
    fail(std::strerror(errno));
  for (;;) {
    auto reply = next();
    if (auto* result = reply.if_contains("return")) return std::move(*result);
    if (const auto* error = reply.if_contains("error"))
      fail(std::string(command) + ": " + std::string(error->at("desc").as_string()));
  }
}

json::object Qmp::next() {
  for (;;) {
    const auto end = received_.find('\n');
    if (end != std::string::npos) {
      const auto line = received_.substr(0, end);
      received_.erase(0, end + 1);
      boost::system::error_code error;
      auto value = json::parse(line, error);
      if (error || !value.is_object()) fail("what answers there does not speak QMP");
      return std::move(value.as_object());
    }
    std::array<char, 4096> chunk{};
    const auto n = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
    if (n == 0) fail("it ended the connection");
    if (n < 0)
      fail(errno == EAGAIN ? "no answer within 5 s; does another client use it?" : std::strerror(errno));
    received_.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace mig::proxy
