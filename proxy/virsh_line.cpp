// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/virsh_line.hpp"

#include <stdexcept>
#include <string_view>

#include "common/text.hpp"

namespace mig::proxy {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw std::invalid_argument("--virsh: " + why +
                              "\nSuch as --listen 127.0.0.1:49160 --connect 127.0.0.2:49160, or unix sockets "
                              "for both");
}

std::string line(const std::string& where) {
  return "virsh migrate --live --postcopy --postcopy-after-precopy " + where + " DOMAIN DESTINATION";
}

/// A word for the shell: as it is where nothing in it means something there.
std::string quoted(const std::string& word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:%@,+=";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

/// The source connects to migrateuri; the destination listens on listen-address, at migrateuri's port.
std::string tcp_line(const Address& listen, const Address& connect) {
  if (listen.host.empty()) refuse("--listen needs the address that the source is to connect to");
  if (connect.host.empty()) refuse("--connect needs the address on which the destination is to listen");
  if (listen.port == 0) refuse("port 0 is not known before migproxy runs; libvirt has to be given one");
  if (listen.port != connect.port)
    refuse(
        "libvirt lets the destination listen on the port that the source connects to, so --listen and "
        "--connect need the same port");
  if (listen.host == connect.host) refuse("--listen and --connect have one port, so they need two addresses");
  return line("--migrateuri " +
              quoted("tcp://" + bracketed(listen.host) + ":" + std::to_string(listen.port)) +
              " --listen-address " + quoted(connect.host));
}

}  // namespace

std::string virsh_line(const Address& listen, const Address& connect) {
  if (listen.kind != connect.kind) refuse("either both addresses are unix sockets, or none is");
  if (listen.kind == Address::Kind::tcp) return tcp_line(listen, connect);
  return line("--migrateuri " + quoted("unix://" + listen.path)) +
         "\n# the destination's libvirt has to find at " + printable(listen.path) + " (bind mount) what is " +
         printable(connect.path) + " here";
}

}  // namespace mig::proxy
