// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/rescue/rescued_stream.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "mig/encode.hpp"
#include "mig/return_path_parser.hpp"
#include "replay/input/compressed_file.hpp"
#include "replay/rescue/append.hpp"
#include "replay/send/answers.hpp"
#include "replay/send/live_connection.hpp"

namespace mig::replay {
namespace {

using Clock = std::chrono::steady_clock;

class FileStream final : public RescuedStream {
 public:
  explicit FileStream(std::string path)
      : path_(std::move(path)),
        unfinished_(path_ + ".XXXXXX"),
        fd_(::mkostemp(unfinished_.data(), O_CLOEXEC)) {
    if (fd_.get() < 0) fail("cannot create " + unfinished_);  // mkostemp makes it 0600
  }
  FileStream(const FileStream&) = delete;
  FileStream& operator=(const FileStream&) = delete;
  ~FileStream() override {
    if (!finished_ && fd_.get() >= 0) ::unlink(unfinished_.c_str());
  }

  void write(Bytes bytes) override {
    while (!bytes.empty()) {
      const auto n = ::write(fd_.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail("cannot write");
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
  }

  void finish() override {
    if (::fsync(fd_.get()) != 0) fail("cannot sync to disk");
    if (::rename(unfinished_.c_str(), path_.c_str()) != 0) fail("cannot rename " + unfinished_ + " to it");
    finished_ = true;
    const auto slash = path_.rfind('/');
    const auto folder = slash == std::string::npos ? std::string(".") : path_.substr(0, slash + 1);
    const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0 || ::fsync(directory.get()) != 0) fail("cannot sync its folder to disk");
  }

  std::string result() const override {
    return "load it with the same machine type and devices, on a QEMU of the source's version by default:\n"
           "    qemu-system-x86_64 ... -incoming 'exec:cat " +
           path_ + "'\n  then `cont`";
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(path_ + ": " + what + ": " + std::strerror(errno));
  }

  std::string path_, unfinished_;
  Descriptor fd_;
  bool finished_ = false;
};

class QemuStream final : public RescuedStream {
 public:
  explicit QemuStream(const std::string& address)
      : address_(address),
        live_(address, [this](Bytes bytes) { static_cast<void>(parser_.feed(bytes, answers_)); }) {}

  void write(Bytes bytes) override {
    while (!bytes.empty()) {
      bytes = bytes.subspan(live_.write(bytes));
      if (!bytes.empty())
        wait_for({&live_}, &live_, Clock::now() + std::chrono::seconds(1), [this] { return over(); });
      if (over()) refuse();
    }
  }

  void finish() override {
    while (!over())
      wait_for({&live_}, nullptr, Clock::now() + std::chrono::seconds(1), [this] { return over(); });
    if (answers_.shut != 0U) refuse();
  }

  std::string result() const override { return "it waits on " + address_ + ", loaded: give it `cont`"; }
  std::vector<std::byte> preamble() const override {
    return encode(Command{CommandType::open_return_path, false});
  }

 private:
  [[nodiscard]] bool over() const { return live_.ended() || answers_.shut; }
  [[noreturn]] void refuse() const {
    throw std::runtime_error(
        address_ +
        ": this QEMU did not load the guest (its standard error has the reason); start it again, "
        "with the same machine type and devices as the source");
  }

  std::string address_;
  StreamTables tables_;
  ReturnPathParser parser_{tables_};
  Answers answers_;
  LiveConnection live_;
};

}  // namespace

std::unique_ptr<RescuedStream> stream_to_file(const std::string& path) {
  return std::make_unique<FileStream>(path);
}
std::unique_ptr<RescuedStream> stream_to_qemu(const std::string& address) {
  return std::make_unique<QemuStream>(address);
}

std::vector<std::byte> head_of(const KeptPackage& package, const RescuedStream& to) {
  auto out = package.setup;
  append(out, to.preamble());
  append(out, package.ram_start);
  return out;
}

std::vector<std::byte> tail_of(const KeptPackage& package) {
  auto out = package.devices;
  append(out, encode(EndOfStream{}));
  // An empty VM description: a QEMU that expects one waits for its header.
  constexpr std::string_view nothing = "{}";
  append(out, encode(VmDescription{nothing.size()}));
  append(out, as_bytes(nothing));
  return out;
}

}  // namespace mig::replay
