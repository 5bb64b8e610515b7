// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "replay/analyse_file.hpp"
#include "replay/input/compressed_file.hpp"

using namespace mig;
using namespace mig::replay;

namespace {

/// A folder of its own, gone at exit.
struct Folder {
  Folder() { REQUIRE(mkdtemp(path.data()) != nullptr); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path = "/tmp/migwire-test-XXXXXX";
};

std::string folder() {
  static const Folder one;
  return one.path;
}

std::string read_all(const std::string& path) {
  const auto file = open_packed(path);
  std::string out;
  std::array<char, 1000> piece{};
  for (std::size_t n = 0; (n = std::fread(piece.data(), 1, piece.size(), file.file.get())) > 0;)
    out.append(piece.data(), n);
  return out;
}

struct Nothing final : CaptureSink {
  void opened(ConnectionId, const ConnectionInfo&, Moment) override {}
  void data(ConnectionId, Direction, Bytes, Moment) override {}
  void missing(ConnectionId, Direction, std::uint64_t, Moment) override {}
  void closed(ConnectionId, bool, Moment) override {}
};

std::string complaint(const std::string& path) {
  Nothing sink;
  std::string warning;
  try {
    static_cast<void>(read_capture(path, sink, warning));
  } catch (const std::exception& e) {
    return e.what();
  }
  return warning;
}

}  // namespace

TEST_CASE("plain, gzip and zstd files are read alike, told by their first bytes") {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += std::to_string(i);
  const auto plain = folder() + "/plain";
  std::ofstream(plain) << text;
  REQUIRE(std::system(("gzip -k '" + plain + "' && zstd -q '" + plain + "'").c_str()) == 0);
  CHECK(read_all(plain) == text);
  CHECK(read_all(plain + ".gz") == text);
  CHECK(read_all(plain + ".zst") == text);
}

TEST_CASE("a file shorter than any magic is read too") {
  const auto path = folder() + "/short";
  std::ofstream(path) << "ab";
  CHECK(read_all(path) == "ab");
}

TEST_CASE("errors name the file and the reason") {
  CHECK(complaint("/nonexistent/x.pcap") == "/nonexistent/x.pcap: No such file or directory");
  const auto text = folder() + "/text.pcap";
  std::ofstream(text) << "this is no capture at all, whatever its name says";
  CHECK(complaint(text).find(text + ": not a capture") == 0);
  const auto log = folder() + "/run.ndjson";
  std::ofstream(log)
      << R"({"time_us":74,"wall":"2025-03-04T10:11:12.558966Z","kind":"start","event":"started"})"
         "\n";
  CHECK(complaint(log).find(log + ": JSON, not a capture") == 0);
  CHECK(complaint(log).find("migproxy --record FILE --record-pages=no") != std::string::npos);
}

TEST_CASE("a capture cut short is read as far as it goes, with a warning") {
  const auto whole = std::string(MIG_SAMPLES "/12-postcopy-devfail-11.1-11.1.dstleg.pcap.zst");
  const auto cut = folder() + "/cut.pcap";
  REQUIRE(std::system(("zstd -dcq '" + whole + "' | head -c 100000 > '" + cut + "'").c_str()) == 0);
  CHECK(complaint(cut).find(cut + ": read only up to packet ") == 0);
}

TEST_CASE("compressed data that is cut short or damaged is no end of the file, wherever that is") {
  const std::string sample = MIG_SAMPLES "/18a-file-stream-11.1-11.1.migstream.zst";
  const auto plain = folder() + "/stream";
  REQUIRE(std::system(("zstd -dcq '" + sample + "' > '" + plain + "' && gzip -k '" + plain +
                       "' && zstd -q '" + plain + "'")
                          .c_str()) == 0);
  const auto reads = [](const std::string& path) {
    CaptureDecoder analysis({});
    std::string warning;
    static_cast<void>(analyse_file(path, analysis, warning));
    return warning;
  };
  CHECK(reads(plain) == "");
  for (const char* kind : {".gz", ".zst"}) {
    CAPTURE(kind);
    CHECK(reads(plain + kind) == "");
    const auto size = std::filesystem::file_size(plain + kind);
    const auto part = folder() + "/part" + kind;
    for (const auto kept : {size - 1, size - 5, size / 2}) {
      CAPTURE(kept);
      std::filesystem::copy_file(plain + kind, part, std::filesystem::copy_options::overwrite_existing);
      std::filesystem::resize_file(part, kept);
      CHECK(reads(part) == part + ": the compressed data is cut short: it ends at offset " +
                               std::to_string(kept) + " of the file; read only up to there");
    }
    std::filesystem::copy_file(plain + kind, part, std::filesystem::copy_options::overwrite_existing);
    std::fstream file(part, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size / 2));
    file << "00000000000000000000";
    file.close();
    CHECK(reads(part).find(part + ": the compressed data is damaged at offset ") == 0);
    // Two of them, one behind the other, are one file to both programs.
    REQUIRE(std::system(("cat '" + plain + kind + "' '" + plain + kind + "' > '" + part + "'").c_str()) == 0);
    CHECK(read_all(part).size() == 2 * std::filesystem::file_size(plain));
  }
}
