// SPDX-License-Identifier: GPL-2.0-or-later
// A tee in the line: passes connections on and keeps what it reads of each, per direction, in files. Put on
// both sides of migproxy it tells whether the bytes came through as they were sent.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace mig::test {

class Tee {
 public:
  /// Listens on a free port of 127.0.0.1; connects to `target`, "127.0.0.1:4444". Files go to `folder`.
  Tee(std::filesystem::path folder, std::string name, const std::string& target);
  ~Tee();
  Tee(const Tee&) = delete;
  Tee& operator=(const Tee&) = delete;

  [[nodiscard]] std::string address() const;
  /// For connections that come from now on.
  void set_target(const std::string& target);
  /// Resets both legs of every connection that is open.
  void reset_links();

  [[nodiscard]] std::size_t connections() const { return accepted_; }
  [[nodiscard]] std::size_t open() const { return accepted_ - ended_; }
  /// What was read from the source's side, or from the destination's, of connection 0, 1 ...
  [[nodiscard]] std::filesystem::path forward(std::size_t connection) const;
  [[nodiscard]] std::filesystem::path back(std::size_t connection) const;

 private:
  class Link;

  void accept();
  void take(boost::asio::ip::tcp::socket near);

  std::filesystem::path folder_;
  std::string name_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::endpoint target_;  // touched by the thread only, once it runs
  std::vector<std::weak_ptr<Link>> links_;
  std::atomic<std::size_t> accepted_ = 0;
  std::atomic<std::size_t> ended_ = 0;
  std::thread thread_;
};

/// How two recordings compare: bytes of each, and where they differ first, if they do within the shorter one.
struct Comparison {
  std::uintmax_t left = 0;
  std::uintmax_t right = 0;
  bool same_as_far_as_both_go = false;
  std::uintmax_t first_difference = 0;

  [[nodiscard]] bool equal() const { return same_as_far_as_both_go && left == right; }
};
[[nodiscard]] Comparison compare(const std::filesystem::path& left, const std::filesystem::path& right);

}  // namespace mig::test
