// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/relay/listener.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <stdexcept>

namespace mig::proxy {
namespace {

using boost::system::error_code;
namespace errc = boost::system::errc;

std::string remedy(const error_code& error, const Address& address) {
  if (address.kind == Address::Kind::unix_path) {
    if (error == errc::address_in_use)
      return "somebody listens on it: stop that program or take another path";
    if (error == errc::permission_denied) return "you may not write to that folder: take another path";
    if (error == errc::no_such_file_or_directory) return "make the folder first";
    if (error == errc::file_exists) return "the path exists and is no socket: remove it or take another path";
    return "take another path";
  }
  if (error == errc::address_in_use) {
    return "another program has this port: stop it (ss -ltnp shows it) or take another port; port 0 takes a "
           "free one";
  }
  if (error == errc::permission_denied) return "ports below 1024 need root: take a higher one";
  if (error == errc::address_not_available) return "no interface of this machine has that address (ip addr)";
  return "try another address";
}

/// True when a file is at `path` that is a socket without a listener.
bool is_stale(boost::asio::io_context& context, const std::string& path, error_code& error) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return false;
  if (!S_ISSOCK(status.st_mode)) {
    error = errc::make_error_code(errc::file_exists);
    return false;
  }
  boost::asio::local::stream_protocol::socket probe(context);
  error_code refused;
  probe.connect(boost::asio::local::stream_protocol::endpoint(path), refused);
  return refused == boost::asio::error::connection_refused;
}

}  // namespace

Listener::Listener(boost::asio::io_context& context, const Address& address) : acceptor_(context) {
  error_code error;
  for (const Endpoint& endpoint : listen_endpoints(address)) {
    open(endpoint, error);
    if (error == errc::address_in_use && is_unix(endpoint) && is_stale(context, address.path, error)) {
      ::unlink(address.path.c_str());
      open(endpoint, error);
    }
    if (!error) break;
    if (error == errc::address_in_use || error == errc::permission_denied) break;
  }
  if (error) {
    throw std::runtime_error("cannot listen on " + to_string(address) + ": " + error.message() + "\n" +
                             remedy(error, address));
  }
  name_ = to_string(acceptor_.local_endpoint());
  if (address.kind == Address::Kind::unix_path) remember_file(address.path);
}

Listener::~Listener() { close(); }

void Listener::open(const Endpoint& endpoint, error_code& error) {
  error_code ignored;
  acceptor_.close(ignored);
  error.clear();
  acceptor_.open(endpoint.protocol(), error);
  if (error) return;
  if (!is_unix(endpoint)) acceptor_.set_option(boost::asio::socket_base::reuse_address(true), error);
  if (endpoint.protocol().family() == AF_INET6) {
    acceptor_.set_option(boost::asio::ip::v6_only(false), ignored);
  }
  acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
}

void Listener::remember_file(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return;
  path_ = path;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

void Listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
  struct stat status {};
  if (!path_.empty() && lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
      status.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
  path_.clear();
}

}  // namespace mig::proxy
