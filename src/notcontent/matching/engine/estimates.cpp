#include "estimates.hpp"

#include <algorithm>
#include <iterator>

#include "crew.hpp"

namespace notcontent {
namespace {

// A guess takes as long as scoring so many rows for one look: 50 to 100 where rows are ruled out in wide registers, one
// or two where they are not. It is one number for all, so that every processor finds the same rows.
constexpr std::size_t kScoresPerGuess = 40;
constexpr std::size_t kFewRows = std::size_t{1} << 14;  // that are scored without asking how many guesses there are
constexpr std::size_t kFewPlaces = 48;                  // that are scored for all looks without tables
constexpr std::size_t kSpanRows = 4096;
constexpr std::size_t kGuessesAhead = 32;    // whose buckets are asked for before they are needed
constexpr std::size_t kBufferProbes = 2048;  // worked off together, as in mih_search.cpp
constexpr std::size_t kEnoughSurvivors = 2048;
constexpr std::size_t kEnoughRows = std::size_t{1}
                                    << 15;  // looked at together: what is said of them fits the second cache
constexpr unsigned kPartBits = 8;           // of a row's place, by which rows are brought together

struct Candidate {
  float score;
  std::uint32_t id;
  std::uint32_t look;
};

// Put together what each thread found for each look.
std::vector<Candidate> joined(const std::vector<std::vector<ScoredHits>>& found) {
  std::vector<Candidate> all;
  for (const std::vector<ScoredHits>& of_looks : found) {
    for (std::size_t look = 0; look < of_looks.size(); ++look) {
      for (const ScoredHit& hit : of_looks[look]) all.push_back({hit.score, hit.id, static_cast<std::uint32_t>(look)});
    }
  }
  return all;
}

}  // namespace

EstimateSearch::EstimateSearch(const std::vector<WeightedQuery>& looks, double threshold, const Leads& leads,
                               GuessLimits limits, const Kernels& kernels, unsigned threads)
    : kernels_(kernels),
      threads_(threads),
      limits_(limits),
      looks_(looks),
      threshold_(threshold),
      hint_(leads.hint),
      found_(threads, std::vector<ScoredHits>(looks.size())) {
  leads_.reserve(leads.looks.size());
  for (const std::uint32_t number : leads.looks) leads_.push_back(&looks[number]);
}

const std::vector<WeightedScan>& EstimateSearch::scans() {
  if (scans_.empty()) {
    scans_.reserve(looks_.size());
    for (const WeightedQuery& look : looks_) scans_.emplace_back(look, threshold_);
  }
  return scans_;
}

void EstimateSearch::search(const std::vector<MihPart>& parts) {
  std::vector<const MihPart*> looked_up;
  for (const MihPart& part : parts) {
    if (is_worth_looking_up(part)) {
      looked_up.push_back(&part);
    } else {
      score_all(part);
    }
  }
  if (!looked_up.empty()) look_up(looked_up);
}

void EstimateSearch::search(const Chunks& pile) {
  for (const Rows& tile : pile.tiles()) {
    sweep_weighted(TileRows(tile), 0, tile.count, scans(), kernels_.sift, found_.front());
  }
}

bool EstimateSearch::is_worth_looking_up(const MihPart& part) {
  if (part.table->size() <= kFewRows) return false;
  if (!expected_guesses_) {
    costs_.reserve(leads_.size());
    for (const WeightedQuery* look : leads_) costs_.emplace_back(*look);
    Guesser guesser;
    std::size_t sampled = 0;
    for (std::size_t i = 0; i < sampled_.size(); ++i) {
      guess(guesser, kSampledChunks[i], sampled_[i]);
      sampled += sampled_[i].guesses.size();
    }
    expected_guesses_ = sampled * kChunks / sampled_.size();
  }
  return *expected_guesses_ * kScoresPerGuess < part.table->size() * looks_.size();
}

void EstimateSearch::guess(Guesser& guesser, unsigned chunk, GuessedChunk& guessed) const {
  guesser.about(chunk, costs_, limits_, guessed.guesses);
  guessed.checks.clear();
  for (const LookCosts& look : costs_) guessed.checks.emplace_back(look, (chunk + 1) % kChunks);
}

void EstimateSearch::score_all(const MihPart& part) {
  const std::size_t count = part.table->size();
  const std::vector<WeightedScan>& scans = this->scans();
  share_out((count + kSpanRows - 1) / kSpanRows, threads_, [&](std::size_t span, std::size_t member) {
    const std::size_t first = span * kSpanRows;
    sweep_weighted(PartRows(part), first, std::min(kSpanRows, count - first), scans, kernels_.sift, found_[member]);
  });
}

void EstimateSearch::look_up(const std::vector<const MihPart*>& parts) {
  losses_.reserve(leads_.size());
  for (const WeightedQuery* look : leads_) losses_.emplace_back(*look, hint_);
  std::vector<std::vector<NearRow>> near = near_rows(parts);
  for (std::size_t p = 0; p < parts.size(); ++p) score_some(*parts[p], fitting(*parts[p], std::move(near[p])));
}

// Of each table, the rows that may come up to the hint for the look that guessed them. One chunk is guessed after the
// other, so that what was guessed about it is still in the nearest cache while its buckets are opened.
std::vector<std::vector<NearRow>> EstimateSearch::near_rows(const std::vector<const MihPart*>& parts) const {
  std::vector<LookUp> with(std::min<std::size_t>(threads_, kChunks));
  for (LookUp& each : with) {
    each.met.resize(parts.size());
    each.near.resize(parts.size());
  }
  share_out(kChunks, with.size(), [&](std::size_t number, std::size_t member) {
    LookUp& mine = with[member];
    const auto chunk = static_cast<unsigned>(number);
    const auto sampled = std::find(kSampledChunks.begin(), kSampledChunks.end(), chunk);
    const bool is_known = sampled != kSampledChunks.end();
    if (!is_known) guess(mine.guesser, chunk, mine.guessed);
    const GuessedChunk& guessed =
        is_known ? sampled_[static_cast<std::size_t>(sampled - kSampledChunks.begin())] : mine.guessed;
    for (std::size_t p = 0; p < parts.size(); ++p) open_buckets(*parts[p]->table, chunk, guessed, mine, p);
  });
  for (LookUp& each : with) {
    for (std::size_t p = 0; p < parts.size(); ++p) look_at_rows(*parts[p]->table, each, p);
  }
  std::vector<std::vector<NearRow>> near = std::move(with.front().near);
  for (std::size_t member = 1; member < with.size(); ++member) {
    for (std::size_t p = 0; p < parts.size(); ++p) {
      near[p].insert(near[p].end(), with[member].near[p].begin(), with[member].near[p].end());
    }
  }
  return near;
}

void EstimateSearch::open_buckets(const MihTable& table, unsigned chunk, const GuessedChunk& guessed, LookUp& with,
                                  std::size_t part) const {
  const Layout& layout = table.layout();
  const Tables tables{table.checks(0),       table.lows(0),       table.highs(0),
                      layout.entries_stride, layout.highs_stride, layout.groups};
  const std::uint32_t* offsets = table.offsets(chunk);
  with.probes.resize(kBufferProbes);
  GuessProbe* probes = with.probes.data();
  const std::vector<Guess>& guesses = guessed.guesses;
  for (std::size_t next = 0; next < guesses.size();) {
    std::size_t count = 0;
    for (; next < guesses.size() && count < kBufferProbes; ++next) {
      if (next + kGuessesAhead < guesses.size()) __builtin_prefetch(offsets + guesses[next + kGuessesAhead].value);
      const Guess& guess = guesses[next];
      const std::uint32_t begin = offsets[guess.value];
      const std::uint32_t end = offsets[guess.value + std::size_t{1}];
      probes[count] = {begin, end, guess.value, guess.look, guess.left, static_cast<std::uint8_t>(chunk)};
      count += begin != end ? 1 : 0;  // without a branch: which bucket is empty cannot be foretold
    }
    for (std::size_t done = 0; done < count;) {
      with.survivors.clear();
      done =
          kernels_.guesses.scan(tables, guessed.checks.data(), probes, done, count, kEnoughSurvivors, with.survivors);
      kernels_.guesses.rows.find(table, probes, with.survivors, with.met[part]);
      if (with.met[part].count() >= kEnoughRows) look_at_rows(table, with, part);
    }
  }
}

// Rows that were met lie all over the table. Brought together by the high bits of their places, they come from few
// pages at a time, which is quicker by more than that costs.
void EstimateSearch::look_at_rows(const MihTable& table, LookUp& with, std::size_t part) const {
  Appended<NearRow>& met = with.met[part];
  const NearRow* const end = met.data() + met.count();
  unsigned shift = 0;
  while (table.size() >> shift >> kPartBits != 0) ++shift;
  std::array<std::size_t, std::size_t{1} << kPartBits> next{};
  for (const NearRow* row = met.data(); row != end; ++row) ++next[row->place >> shift];
  std::size_t sum = 0;
  for (std::size_t& each : next) {
    const std::size_t here = each;
    each = sum;
    sum += here;
  }
  if (with.in_order.size() < met.count()) with.in_order.resize(met.count());
  NearRow* in_order = with.in_order.data();
  for (const NearRow* row = met.data(); row != end; ++row) in_order[next[row->place >> shift]++] = *row;
  kernels_.guesses.rows.sift(table, losses_.data(), in_order, met.count(), with.near[part]);
  met.clear();
}

// The places of those rows that do come up to the hint for a look that guessed them: ascending, each once.
std::vector<std::uint32_t> EstimateSearch::fitting(const MihPart& part, std::vector<NearRow> near) const {
  std::sort(near.begin(), near.end(), [](const NearRow& a, const NearRow& b) {
    return a.place != b.place ? a.place < b.place : a.look < b.look;
  });
  const auto hint = static_cast<float>(hint_);
  std::vector<std::optional<PlainScore>> scores(leads_.size());
  std::vector<std::uint32_t> places;
  for (const NearRow& row : near) {
    const bool is_known = !places.empty() && places.back() == row.place;
    if (is_known || part.dead->has(row.place)) continue;
    std::optional<PlainScore>& score = scores[row.look];
    if (!score) score.emplace(*leads_[row.look]);
    if (score->of(part.table->row(row.place), 1) >= hint) places.push_back(row.place);
  }
  return places;
}

// Score some rows for all looks; few of them without making tables for each look, which would take longer.
void EstimateSearch::score_some(const MihPart& part, const std::vector<std::uint32_t>& places) {
  if (places.size() > kFewPlaces) {
    const PartRows rows(part);
    sweep_weighted([&](std::size_t i) { return rows(places[i]); }, 0, places.size(), scans(), kernels_.sift,
                   found_.front());
    return;
  }
  if (places.empty()) return;
  const auto threshold = static_cast<float>(threshold_);
  for (std::size_t look = 0; look < looks_.size(); ++look) {
    const Losses losses(looks_[look], threshold_);
    std::optional<PlainScore> score;
    for (const std::uint32_t place : places) {
      const std::uint64_t* row = part.table->row(place);
      if (!losses.may_fit(row)) continue;
      if (!score) score.emplace(looks_[look]);
      const float of_row = score->of(row, 1);
      if (of_row >= threshold) found_.front()[look].push_back({of_row, part.table->id(place)});
    }
  }
}

Candidates EstimateSearch::best(std::size_t most) {
  std::vector<Candidate> all = joined(found_);
  found_.clear();
  std::sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    if (a.id != b.id) return a.id < b.id;
    return a.score != b.score ? a.score > b.score : a.look < b.look;
  });
  const auto same_row = [](const Candidate& a, const Candidate& b) { return a.id == b.id; };
  all.erase(std::unique(all.begin(), all.end(), same_row), all.end());
  std::sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  });

  Candidates best{{}, {}, {}, all.size() - std::min(all.size(), most)};
  all.resize(all.size() - best.left_out);
  for (const Candidate& each : all) {
    best.ids.push_back(each.id);
    best.scores.push_back(each.score);
    best.looks.push_back(each.look);
  }
  return best;
}

}  // namespace notcontent
