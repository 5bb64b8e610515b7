// SPDX-License-Identifier: GPL-2.0-or-later
// Every fuzz target in every build: on its corpus, on streams made here, and on changes of both with fixed
// seeds. MIG_FUZZ_SEEDS=FOLDER writes the streams made here there, for a fuzzer to begin with.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include "fuzz/target.hpp"
#include "replay/secret_damage.hpp"
#include "support/stream_builder.hpp"

using namespace mig;
using namespace mig::test;

namespace {

/// Flips a bit, sets a byte, removes, doubles, or cuts off the end; once to four times.
Buffer mutated(Bytes original, std::mt19937& random) {
  Buffer out(original.begin(), original.end());
  const auto any = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  for (auto times = 1 + random() % 4; times-- > 0 && !out.empty();) {
    const auto at = static_cast<std::ptrdiff_t>(any(out.size()));
    const auto length = static_cast<std::ptrdiff_t>(
        1 + any(std::min<std::size_t>(64, out.size() - static_cast<std::size_t>(at))));
    constexpr int interesting[] = {0x00, 0x7e, 0x08, 0x04, 0xff, 0x80, 0x05, 0x10};
    switch (random() % 5) {
      case 0: out[static_cast<std::size_t>(at)] ^= std::byte(1U << (random() % 8)); break;
      case 1: out[static_cast<std::size_t>(at)] = std::byte(interesting[random() % 8]); break;
      case 2: out.erase(out.begin() + at, std::min(out.begin() + at + length, out.end())); break;
      case 3: {
        const Buffer copy(out.begin() + at, std::min(out.begin() + at + length, out.end()));
        out.insert(out.begin() + static_cast<std::ptrdiff_t>(any(out.size())), copy.begin(), copy.end());
        break;
      }
      default: out.resize(static_cast<std::size_t>(at)); break;
    }
  }
  return out;
}

StreamBuilder small_postcopy() {  // without pages, so that changes hit headers
  StreamBuilder s;
  s.file_header()
      .configuration()
      .capabilities({"x-ignore-shared"})
      .open_return_path()
      .ping(1)
      .advise(0x201000);
  s.section_start(1, "ram", 0, 4).be64(0x200000 | 4).cstr("m").be64(0x200000).be64(0x200000).be64(0x40000000);
  s.eos().footer(1).section_part(1).zero_page("m", 0).zero_page("", 0x1000).eos().footer(1);
  s.discard("m", {{0, 4096}}).package(postcopy_package()).section_end(1).eos().footer(1).eof();
  return s;
}

StreamBuilder iterative_stream() {
  StreamBuilder s;
  s.section_start(7, "dirty-bitmap").u8(0x1d).cstr("node").cstr("bitmap").be32(4096).u8(1).footer(7);
  s.section_start(8, "a/vfio").be64(0xffffffffef100003).be64(0xffffffffef100001).footer(8);
  s.section_part(8).be64(0xffffffffef100004).be64(20).fill(20, 1).be64(0xffffffffef100001).footer(8);
  s.section_start(9, "spapr/htab").be32(21).footer(9);
  s.section_part(9).be32(0).be32(1).be16(1).be16(0).fill(16, 3).be64(0).footer(9);
  s.section_start(10, "block").be64(0x52).be64(2).footer(10);
  s.section_full(11, "s390-skeys").be64(2).be64(9).fill(9, 1).be64(1).footer(11);
  return s.device(12, "serial", 70).recv_bitmap_request("pc.ram").resume().eof();
}

/// What is done with `stream`: fuzz/targets/parsers.cpp has the numbers.
Buffer planned(Bytes stream, unsigned mode, bool gap) {
  const auto front =
      StreamBuilder().u8(mode).u8(mode * 37).be16(gap ? stream.size() / 2 : 0).be16(gap ? 5 : 0);
  return StreamBuilder(front).raw(stream).bytes();
}
Buffer both(std::string_view rules, unsigned pieces, Bytes forward, Bytes back) {
  StreamBuilder out;
  for (const auto c : rules) out.u8(static_cast<unsigned char>(c));
  return out.u8(0).u8(pieces).be16(forward.size()).raw(forward).raw(back).bytes();
}

using Seeds = std::map<std::string, std::vector<Buffer>>;

void parser_seeds(Seeds& seeds) {
  const auto multifd = MultifdBuilder()
                           .init(0)
                           .packet({.zero = {0, 4096}})
                           .packet({.flags = 2, .normal = {0}, .next_packet_size = 9}, 9)
                           .device_state("vfio", 1, 33);
  const auto preempt = StreamBuilder().zero_page("pc.ram", 0).zero_page("", 0x1000).eos();
  const auto answers = ReturnPathBuilder(postcopy_return_path()).recv_bitmap("pc.ram", 60);
  for (unsigned mode = 0; mode < 6; ++mode) {
    const bool gap = mode >= 3;
    for (const auto& stream : {small_postcopy(), precopy_stream()})
      seeds["forward"].push_back(planned(stream, mode, gap));
    for (const auto& stream : {iterative_stream(), StreamBuilder().package(postcopy_package())})
      seeds["resumed"].push_back(planned(stream, mode, gap));
    seeds["preempt"].push_back(planned(preempt, mode, gap));
    seeds["return_path"].push_back(planned(answers, mode, gap));
    seeds["multifd"].push_back(planned(multifd, mode, gap));
  }
  for (unsigned mode = 0; mode < 3; ++mode) {
    StreamBuilder front;
    front.u8(mode).u8(mode).be16(postcopy_stream().size()).raw(postcopy_stream()).raw(postcopy_return_path());
    seeds["connection"].push_back(front.bytes());
  }
}

void rule_seeds(Seeds& seeds) {
  const std::vector<std::string> rules{
      "drop-pong",
      "hold-page-request,for=1s\nset-device,name=serial,field=version_id,to=9",
      "duplicate-page,times=all\nflip-package,at=3,mask=0x81",
      "truncate-device,name=apic,by=3",
      "inject-pong,value=0x42,on=package\nreset-connection,on=pong:0x42",
      "delay-section,name=ram,until=SIGUSR1",
      "close-shut\nabsorb-ping,value=3",
      "half-close-connection,after=100",
      "set-discard,field=name,to=pc.bios"};
  for (unsigned i = 0; i < rules.size(); ++i) {
    seeds["fault_session"].push_back(both(rules[i], i, small_postcopy(), postcopy_return_path()));
    const auto text = as_bytes(rules[i]);
    seeds["rules"].emplace_back(text.begin(), text.end());
  }
}

void device_seeds(Seeds& seeds) {
  const std::string text =
      R"({"page_size":4096,"devices":[{"name":"dev","instance_id":0,"vmsd_name":"dev","version":3,"fields":[)"
      R"({"name":"n","type":"uint16","size":2,"array_len":3},{"name":"s","type":"struct","size":9,"array_len":2,)"
      R"("struct":{"vmsd_name":"inner","version":1,"fields":[{"name":"x","type":"uint8","size":1},)"
      R"({"name":"y","type":"timer","size":8}]}}],"subsections":[{"vmsd_name":"dev/more","version":1,"fields":[)"
      R"({"name":"p","index":0,"type":"nullptr","size":1},{"name":"f","type":"pci config","size":9}]}]}]})";
  StreamBuilder out;
  out.u8(3).be16(text.size()).raw(as_bytes(text)).be16(1).be16(1).be16(2).fill(18, 7);
  out.u8(5).u8(8).raw(as_bytes("dev/more")).be32(1).u8('0').fill(9, 1);
  seeds["vmstate"].push_back(out.bytes());
}

void capture_seeds(Seeds& seeds) {
  for (const auto& stream : {small_postcopy(), precopy_stream()}) seeds["capture"].push_back(stream.bytes());
  std::mt19937 random(1);
  for (const auto* sample : secret_samples)
    seeds["capture"].push_back(damaged_capture(secret_streams(sample, 1), [&] {
                                 return static_cast<std::uint32_t>(random());
                               }).file);
}

Seeds made_here() {
  Seeds seeds;
  for (const auto make : {parser_seeds, rule_seeds, device_seeds, capture_seeds}) make(seeds);
  return seeds;
}

Buffer bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

/// The corpus in the tree, in the order of its names.
std::vector<Buffer> corpus_of(std::string_view target, const std::filesystem::path& corpora = MIG_CORPUS) {
  std::vector<std::filesystem::path> paths;
  const auto folder = corpora / target;
  if (std::filesystem::exists(folder))
    paths.assign(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
  std::ranges::sort(paths);
  std::vector<Buffer> out;
  std::ranges::transform(paths, std::back_inserter(out), bytes_of);
  return out;
}

void write_seeds(const Seeds& seeds, const std::filesystem::path& folder) {
  for (const auto& [name, inputs] : seeds) {
    std::filesystem::create_directories(folder / name);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const auto text = as_text(inputs[i]);
      std::ofstream(folder / name / ("seed-" + std::to_string(i)), std::ios::binary) << text;
    }
  }
}

/// Changes of each input, fewer where an input takes long.
int rounds_for(std::string_view target) {
  static const char* wanted = std::getenv("MIG_FUZZ_TIMES");
  static const int times = wanted != nullptr ? std::atoi(wanted) : 1;
  if (target == "redact" || target == "capture") return 10 * times;
  return times * (target == "fault_session" || target == "connection" ? 200 : 1000);
}

}  // namespace

TEST_CASE("no input of the corpora, and no change of one, breaks a promise") {
  auto seeds = made_here();
  if (const char* folder = std::getenv("MIG_FUZZ_SEEDS"); folder != nullptr)
    return write_seeds(seeds, folder);
  for (const auto& target : all_targets()) {
    CAPTURE(target.name);
    auto inputs = corpus_of(target.name);
    const auto& made = seeds[std::string(target.name)];
    inputs.insert(inputs.end(), made.begin(), made.end());
    CHECK_FALSE(inputs.empty());
    if (const char* more = std::getenv("MIG_FUZZ_MORE"); more != nullptr) {
      for (const auto& input : corpus_of(target.name, more)) CHECK_NOTHROW(target.run(input));
    }
    std::mt19937 random(18);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      CAPTURE(i);
      CHECK_NOTHROW(target.run(inputs[i]));
      for (int round = 0; round < rounds_for(target.name); ++round) {
        CAPTURE(round);
        CHECK_NOTHROW(target.run(mutated(inputs[i], random)));
      }
    }
  }
}
