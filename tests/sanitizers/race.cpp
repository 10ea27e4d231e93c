// Searches beside adding, removing, tidying and merging, from many threads, on the engine without Python.
//
//   race ROUNDS SEED
//
// Built with ThreadSanitizer it finds races, with AddressSanitizer it finds what is used too late or never freed. It
// also holds the engine to its word: rows that come and go together are found together, and nothing is lost. Says
// what is wrong on stderr and ends with 1.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

#include "brute.hpp"
#include "living.hpp"

namespace notcontent {
namespace {

constexpr std::size_t kWriters = 2;
constexpr std::size_t kOwnRows = 6000;             // that come and go, a writer
constexpr std::size_t kStays = kTableRows + 3000;  // that stay: enough for a table
constexpr std::size_t kAsked = 20;                 // of each of these, in one search
constexpr std::uint32_t kFirstOwnId = 1U << 24;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "race: %s\n", what);
  std::exit(1);
}

std::vector<Words> drawn(std::mt19937_64& random, std::size_t count) {
  std::vector<Words> rows(count);
  for (Words& row : rows) {
    for (std::uint64_t& word : row) word = random();
  }
  return rows;
}

std::vector<std::uint64_t> flat(const std::vector<Words>& rows) {
  std::vector<std::uint64_t> words;
  for (const Words& row : rows) words.insert(words.end(), row.begin(), row.end());
  return words;
}

// A bank's rows: those that stay, and each writer's own, every one of them twice.
struct Scene {
  explicit Scene(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    stay = drawn(random, kStays);
    for (std::vector<Words>& rows : own) {
      rows = drawn(random, kOwnRows / 2);
      rows.insert(rows.end(), rows.begin(), rows.end());
    }
  }
  std::vector<Words> stay;
  std::array<std::vector<Words>, kWriters> own;
};

// One writer: its rows come, in one step, and go, in one step.
template <class Bank>
void write(Bank& bank, const std::vector<Words>& rows, std::uint32_t first_id, int rounds) {
  std::vector<std::uint32_t> ids(rows.size());
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = first_id + static_cast<std::uint32_t>(i);
  for (int round = 0; round < rounds; ++round) {
    if (bank.add(rows, ids) != ids) fail("other ids than those given");
    std::this_thread::yield();
    if (bank.remove(ids) != ids.size()) fail("a row was lost before it was removed");
  }
}

// One reader: of each pair it sees both or none, and it always sees what stays.
template <class Bank>
void read(const Bank& bank, const Scene& scene, unsigned threads, const std::atomic<bool>& done) {
  std::vector<Words> asked;
  for (const std::vector<Words>& rows : scene.own) asked.insert(asked.end(), rows.begin(), rows.begin() + kAsked);
  asked.insert(asked.end(), scene.stay.begin(), scene.stay.begin() + kAsked);
  const std::vector<std::uint64_t> queries = flat(asked);
  for (std::uint32_t radius = 0; !done; radius = (radius + 5) % 32) {
    const Found found = bank.search(queries, radius, threads);
    for (std::size_t q = 0; q < asked.size(); ++q) {
      const std::int64_t count = found.lims[q + 1] - found.lims[q];
      const std::size_t writer = q / kAsked;
      if (writer >= kWriters && count != 1) fail("a row that stays was not found once");
      if (writer < kWriters && count != found.lims[writer * kAsked + 1] - found.lims[writer * kAsked]) {
        fail("a search saw half a change");
      }
      if (writer < kWriters && count != 0 && count != 2) fail("a search saw half a pair");
    }
  }
}

// As MihIndex does in the background, and when it is asked to.
void tend(Living& bank, const std::atomic<bool>& done) {
  for (int turn = 0; !done; ++turn) {
    while (bank.overdue() && bank.tidy(2)) {
    }
    if (turn % 4 == 3 && !bank.merge(2)) fail("a merge of a bank with rows gave no table");
    std::this_thread::yield();
  }
}
void tend(Brute&, const std::atomic<bool>&) {}

// Weighted searches, and the counts that anybody may ask for.
void weigh(const Living& bank, const Scene& scene, const std::atomic<bool>& done) {
  WeightedQuery query;
  query.bits = scene.stay[0];
  query.weights.fill(1);
  while (!done) {
    const Scored scored = bank.search_weighted({query, query}, 15.9, 2);
    if (scored.ids.size() != 2 || scored.ids[0] != scored.ids[1]) fail("a weighted search missed its own row");
    const Candidates given = bank.search_estimates({query, query}, 15.9, {{1}, 9}, GuessLimits(6.5, 16), 9, 2);
    if (given.ids != std::vector<std::uint32_t>{scored.ids[0]}) fail("a search for estimates missed its own row");
    if (bank.size() < kStays || bank.table_count() > 64) fail("an impossible count");
  }
}
void weigh(const Brute& bank, const Scene&, const std::atomic<bool>& done) {
  while (!done) {
    if (bank.size() < kStays) fail("an impossible count");
    std::this_thread::yield();
  }
}

template <class Bank>
void hammer(Bank& bank, const Scene& scene, int rounds) {
  bank.add(scene.stay, std::nullopt);
  std::atomic<bool> done{false};
  std::vector<std::thread> others;
  for (const unsigned threads : {1U, 2U}) {
    others.emplace_back([&, threads] { read(bank, scene, threads, done); });
  }
  others.emplace_back([&] { tend(bank, done); });
  others.emplace_back([&] { weigh(bank, scene, done); });

  std::vector<std::thread> writers;
  for (std::size_t w = 0; w < kWriters; ++w) {
    const auto first_id = static_cast<std::uint32_t>(kFirstOwnId + w * kOwnRows);
    writers.emplace_back([&, w, first_id] { write(bank, scene.own[w], first_id, rounds); });
  }
  for (std::thread& writer : writers) writer.join();
  done = true;
  for (std::thread& other : others) other.join();

  if (bank.size() != kStays) fail("rows were lost or left behind");
  std::vector<Words> some;
  for (std::size_t i = 0; i < kStays; i += 97) some.push_back(scene.stay[i]);
  const Found found = bank.search(flat(some), 0, 2);
  if (found.ids.size() != some.size()) fail("a row that stayed is not found");
  for (std::size_t i = 0; i < some.size(); ++i) {
    if (found.ids[i] != i * 97) fail("a row that stayed has another id");
  }
}

}  // namespace
}  // namespace notcontent

int main(int argc, char** argv) {
  using namespace notcontent;
  if (argc != 3) return std::fputs("race ROUNDS SEED\n", stderr), 2;
  const int rounds = std::atoi(argv[1]);
  const Scene scene(std::strtoull(argv[2], nullptr, 10));
  for (const Kernels* kernels : available_kernels()) {
    Brute brute(*kernels);
    hammer(brute, scene, rounds);
    Living living(*kernels, {});
    hammer(living, scene, rounds);
    std::printf("%.*s: %d rounds\n", static_cast<int>(kernels->name.size()), kernels->name.data(), rounds);
  }
  return 0;
}
