// SPDX-License-Identifier: GPL-2.0-or-later
// Writes a capture of a made-up precopy migration for bench/replay.py.
//   bench_write_capture OUT MIB SEGMENT     pcap, Ethernet and IPv4, SEGMENT bytes of payload a packet
//   bench_write_capture OUT MIB 0           the stream alone, as `migrate file:` writes it
//   bench_write_capture OUT MIB 0 idle      the same of a guest whose pages are all zero
// Two passes over the RAM of the guest; one page in four is zero.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

using Buffer = std::vector<unsigned char>;
constexpr std::size_t page_size = 4096;

void put(Buffer& out, std::uint64_t value, unsigned size) {
  for (unsigned i = size; i-- > 0;) out.push_back(static_cast<unsigned char>(value >> (8 * i)));
}
void put_little(Buffer& out, std::uint64_t value, unsigned size) {
  for (unsigned i = 0; i < size; ++i) out.push_back(static_cast<unsigned char>(value >> (8 * i)));
}
void put_text(Buffer& out, const std::string& text, unsigned length_size) {
  put(out, text.size(), length_size);
  out.insert(out.end(), text.begin(), text.end());
}

class Writer {
 public:
  Writer(const char* path, std::size_t segment)
      : file_(std::fopen(path, "wb"), std::fclose), segment_(segment) {
    if (!file_) std::perror(path), std::exit(2);
    std::setvbuf(file_.get(), nullptr, _IOFBF, 1U << 20);
    if (segment_ == 0) return;
    Buffer header;
    put_little(header, 0xa1b2c3d4, 4), put_little(header, 2, 2), put_little(header, 4, 2);
    put_little(header, 0, 8), put_little(header, 262144, 4), put_little(header, 1, 4);
    write(header);
    packet(0x02, {});  // SYN
    ++sequence_;
  }
  void add(const Buffer& bytes) {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    const auto size = segment_ != 0 ? segment_ : pending_.size();
    std::size_t at = 0;
    for (; pending_.size() - at >= size && size != 0; at += size) send(at, size);
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void end() {
    if (!pending_.empty()) send(0, pending_.size());
    if (segment_ != 0) packet(0x11, {});  // FIN
  }
  std::uint64_t written = 0;

 private:
  void write(const Buffer& bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
      std::perror("write"), std::exit(2);
    written += bytes.size();
  }
  void send(std::size_t at, std::size_t size) {
    const auto begin = pending_.begin() + static_cast<std::ptrdiff_t>(at);
    const Buffer payload(begin, begin + static_cast<std::ptrdiff_t>(size));
    if (segment_ == 0) return write(payload);
    packet(0x18, payload);
    sequence_ += static_cast<std::uint32_t>(size);
  }
  void packet(unsigned flags, const Buffer& payload) {
    const auto ip = 40 + payload.size();
    Buffer out;
    out.reserve(16 + 14 + ip);
    put_little(out, 1700000000 + time_ / 1000000, 4), put_little(out, time_ % 1000000, 4);
    put_little(out, 14 + ip, 4), put_little(out, 14 + ip, 4);
    time_ += 2;
    put(out, 0x020000000001, 6), put(out, 0x020000000002, 6), put(out, 0x0800, 2);
    put(out, 0x4500, 2), put(out, ip < 65536 ? ip : 0, 2), put(out, 0x00004000, 4), put(out, 0x40060000, 4);
    put(out, 0x0a000001, 4), put(out, 0x0a000002, 4);
    put(out, 40000, 2), put(out, 4444, 2), put(out, sequence_, 4), put(out, 1, 4);
    put(out, 0x50, 1), put(out, flags, 1), put(out, 0xffff, 2), put(out, 0, 4);
    out.insert(out.end(), payload.begin(), payload.end());
    write(out);
  }

  std::unique_ptr<FILE, int (*)(FILE*)> file_;
  std::size_t segment_;
  Buffer pending_;
  std::uint32_t sequence_ = 0;
  std::uint64_t time_ = 0;
};

Buffer beginning(std::uint64_t ram) {
  Buffer out;
  put(out, 0x5145564d, 4), put(out, 3, 4);
  put(out, 7, 1), put_text(out, "pc-i440fx-11.1", 4);
  put(out, 1, 1), put(out, 1, 4), put_text(out, "ram", 1), put(out, 0, 4), put(out, 4, 4);
  put(out, ram | 4, 8), put_text(out, "pc.ram", 1), put(out, ram, 8), put(out, 0x10, 8),
      put(out, 0x7e00000001, 5);
  return out;
}

/// Without devices; QEMU's analyze-migration.py reads nothing without it.
Buffer description() {
  Buffer out;
  put(out, 6, 1), put_text(out, "{\"page_size\": 4096, \"devices\": []}", 4);
  return out;
}

/// One section with the pages [first, end); one in `zero_every` is zero.
Buffer section(unsigned type, std::uint64_t first, std::uint64_t end, unsigned zero_every) {
  static unsigned noise = 1;
  Buffer out;
  out.reserve(static_cast<std::size_t>(end - first) * (page_size + 8) + 64);
  put(out, type, 1), put(out, 1, 4);
  for (auto page = first; page < end; ++page) {
    const bool zero = page % zero_every == zero_every - 1;
    put(out, page * page_size | (zero ? 2U : 8U) | (page != first ? 0x20U : 0U), 8);
    if (page == first) put_text(out, "pc.ram", 1);
    if (zero) put(out, 0, 1);
    if (!zero)
      out.insert(out.end(), page_size, static_cast<unsigned char>(noise = noise * 1103515245 + 12345));
  }
  put(out, 0x10, 8), put(out, 0x7e00000001, 5);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5)
    return std::fprintf(stderr, "usage: bench_write_capture OUT MIB SEGMENT [idle]\n"), 2;
  const bool idle = argc == 5;
  constexpr std::uint64_t zero_record = 9;
  const std::uint64_t bytes = std::strtoull(argv[2], nullptr, 10) << 20;
  const std::uint64_t pages = bytes / (idle ? zero_record : page_size * 3 / 4) / 2;
  constexpr std::uint64_t a_section = 1024;
  Writer out(argv[1], std::strtoull(argv[3], nullptr, 10));
  out.add(beginning(pages * page_size));
  for (int pass = 0; pass < 2; ++pass) {
    for (std::uint64_t page = 0; page < pages; page += a_section)
      out.add(section(2, page, std::min(page + a_section, pages), idle ? 1 : 4));
  }
  out.add(section(3, 0, 1, 4));
  out.add({0});
  out.add(description());
  out.end();
  std::printf("%llu bytes\n", static_cast<unsigned long long>(out.written));
}
