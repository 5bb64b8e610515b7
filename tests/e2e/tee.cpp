// SPDX-License-Identifier: GPL-2.0-or-later
#include "tee.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <fstream>
#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace mig::test {
namespace {

constexpr std::size_t buffer_size = 256U << 10U;

tcp::endpoint endpoint(const std::string& text) {
  const auto colon = text.rfind(':');
  return {asio::ip::make_address(text.substr(0, colon)),
          static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1)))};
}

}  // namespace

/// One connection: two sockets, and per direction a buffer and a file.
class Tee::Link : public std::enable_shared_from_this<Link> {
 public:
  Link(Tee& tee, tcp::socket near, std::size_t number)
      : tee_(tee),
        near_(std::move(near)),
        far_(tee.io_),
        forward_{near_, far_, tee.forward(number)},
        back_{far_, near_, tee.back(number)} {}
  ~Link() { ++tee_.ended_; }

  void start() {
    error_code failed;
    far_.connect(tee_.target_, failed);
    if (failed) return reset();
    near_.set_option(tcp::no_delay(true));
    far_.set_option(tcp::no_delay(true));
    pump(forward_);
    pump(back_);
  }

  void reset() {
    for (auto* socket : {&near_, &far_}) {
      error_code ignored;
      socket->set_option(asio::socket_base::linger(true, 0), ignored);
      socket->close(ignored);
    }
  }

 private:
  struct Way {
    Way(tcp::socket& source, tcp::socket& sink, const std::filesystem::path& path)
        : from(source), to(sink), file(path, std::ios::binary) {}
    tcp::socket& from;
    tcp::socket& to;
    std::ofstream file;
    std::vector<char> buffer = std::vector<char>(buffer_size);
  };

  // An end of stream is passed on as one, anything else as a reset.
  void pump(Way& way) {
    way.from.async_read_some(asio::buffer(way.buffer),
                             [self = shared_from_this(), &way](const error_code& end, std::size_t size) {
                               error_code ignored;
                               if (end == asio::error::eof)
                                 way.to.shutdown(tcp::socket::shutdown_send, ignored);
                               if (end && end != asio::error::eof) self->reset();
                               if (end) return void(way.file.flush());
                               way.file.write(way.buffer.data(), static_cast<std::streamsize>(size));
                               self->pass_on(way, size);
                             });
  }

  void pass_on(Way& way, std::size_t size) {
    asio::async_write(way.to, asio::buffer(way.buffer, size),
                      [self = shared_from_this(), &way](const error_code& failed, std::size_t) {
                        if (!failed) return self->pump(way);
                        way.file.flush();
                        self->reset();
                      });
  }

  Tee& tee_;
  tcp::socket near_;
  tcp::socket far_;
  Way forward_;
  Way back_;
};

Tee::Tee(std::filesystem::path folder, std::string name, const std::string& target)
    : folder_(std::move(folder)),
      name_(std::move(name)),
      acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}),
      target_(endpoint(target)) {
  accept();
  thread_ = std::thread([this] { io_.run(); });
}

Tee::~Tee() {
  io_.stop();
  thread_.join();
}

std::string Tee::address() const { return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

void Tee::set_target(const std::string& target) {
  asio::post(io_, [this, to = endpoint(target)] { target_ = to; });
}

void Tee::reset_links() {
  asio::post(io_, [this] {
    for (const auto& link : links_)
      if (const auto open = link.lock()) open->reset();
  });
}

std::filesystem::path Tee::forward(std::size_t connection) const {
  return folder_ / (name_ + "-" + std::to_string(connection) + ".forward");
}
std::filesystem::path Tee::back(std::size_t connection) const {
  return folder_ / (name_ + "-" + std::to_string(connection) + ".back");
}

void Tee::accept() {
  acceptor_.async_accept([this](const error_code& failed, tcp::socket near) {
    if (failed) return;
    take(std::move(near));
    accept();
  });
}

// Connecting at once and here keeps the order in which connections came.
void Tee::take(tcp::socket near) {
  const auto link = std::make_shared<Link>(*this, std::move(near), accepted_);
  links_.push_back(link);
  ++accepted_;
  link->start();
}

Comparison compare(const std::filesystem::path& left, const std::filesystem::path& right) {
  Comparison result{std::filesystem::file_size(left), std::filesystem::file_size(right), false, 0};
  std::ifstream a(left, std::ios::binary);
  std::ifstream b(right, std::ios::binary);
  std::vector<char> from_a(buffer_size);
  std::vector<char> from_b(buffer_size);
  const auto both = std::min(result.left, result.right);
  while (result.first_difference < both) {
    const auto size = std::min<std::uintmax_t>(buffer_size, both - result.first_difference);
    a.read(from_a.data(), static_cast<std::streamsize>(size));
    b.read(from_b.data(), static_cast<std::streamsize>(size));
    const auto end = from_a.begin() + static_cast<std::ptrdiff_t>(size);
    const auto differs = std::mismatch(from_a.begin(), end, from_b.begin()).first;
    result.first_difference += static_cast<std::uintmax_t>(differs - from_a.begin());
    if (differs != end || !a || !b) return result;
  }
  result.same_as_far_as_both_go = true;
  return result;
}

}  // namespace mig::test
