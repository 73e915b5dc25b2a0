// SPDX-License-Identifier: Apache-2.0
#include "engine/collective/rank_run.h"

#include "engine/collective/content.h"
#include "engine/collective/mesh.h"
#include "engine/collective/operations.h"
#include "engine/measure/clock.h"
#include "engine/measure/samples.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>
#include <thread>

namespace seatrial::engine::collective {

namespace {

using protocol::Parameters;
using protocol::Unit;

constexpr double lookSeconds = 0.2;   ///< between two looks at who is gone
constexpr double tellingSeconds = 0.7; ///< until rank 0 has told who is gone
constexpr std::uint32_t unlikely = 0xffc0dead; ///< no number, and no word that is sent but by chance

/// What broke, as one sentence for whoever reads it, and who may be behind it.
struct Breakage {
    std::string text;
    const char *cause = "peer";
    std::optional<int> peer;
};

/// Gloo's words without the place in its own source.
std::string withoutPlace(std::string_view text)
{
    if (text.starts_with('[')) {
        if (const auto end = text.find("] "); end != text.npos)
            text.remove_prefix(end + 2);
    }
    return printable(text.substr(0, 400));
}

/// Figures of one stage, as they come.
struct Findings {
    Samples seconds; ///< of one iteration, of the slowest rank
    std::uint64_t iterations = 0;
    std::uint64_t wrong = 0;
    Parameters firstWrong; ///< which, and whose
    std::uint64_t looked = 0;
    bool byTime = true;
};

class Rank
{
public:
    Rank(const Job &job, const protocol::StartStep &order, RankPage &page, const Say &say, const std::atomic<bool> &over)
        : m_job(job), m_order(order), m_page(page), m_say(say), m_over(over), m_rendezvous(job, &over)
    {
        m_corrupts = order.parameters.contains(corruptWord);
    }

    std::optional<Breakage> run()
    {
        enter(0, 0);
        bool listens = m_job.rank > 0;
        const auto why = m_rendezvous.meet([&](std::uint16_t port) {
            listens = true;
            m_say(protocol::Event{protocol::Severity::Info, listeningWord, m_order.step, "node", "Waits for the other ranks.",
                                  {{"port", std::to_string(port)}}});
        });
        if (!why.empty())
            return notMet(why, listens);
        enter(1, 0);
        try {
            m_mesh = std::make_shared<Mesh>(m_job, m_rendezvous.ownAddress());
        } catch (const std::exception &problem) {
            return Breakage{"cannot wait for the other ranks at " + m_rendezvous.ownAddress() + ": " + withoutPlace(problem.what()), "self", {}};
        }
        Addresses others;
        if (auto problem = m_rendezvous.exchange(m_mesh->addresses(), others); !problem.empty())
            return Breakage{std::move(problem), "peer", gone()};
        const std::jthread looking([this](const std::stop_token &enough) {
            while (!enough.stop_requested()) {
                m_rendezvous.look();
                sleepUnlessStopped(lookSeconds, &m_over);
            }
        });
        if (auto broken = connect(others))
            return broken;
        return measureAll();
    }

private:
    void enter(int stage, std::uint64_t iteration) { m_page.place = RankPage::placeOf(stage, iteration); }

    std::optional<int> gone() const
    {
        const int rank = m_rendezvous.gone();
        return rank >= 0 ? std::optional(rank) : std::nullopt;
    }

    Breakage notMet(const std::string &why, bool listens) const
    {
        Breakage broken{why, listens ? "peer" : "self", {}};
        const auto missing = m_rendezvous.missing();
        if (m_job.rank > 0)
            broken.peer = 0;
        else if (listens && missing.size() == 1)
            broken.peer = missing.front();
        return broken;
    }

    std::optional<Breakage> connect(const Addresses &others)
    {
        int next = m_job.rank == 0 ? 1 : 0;
        try {
            m_mesh->connect(others, [&](int reached) { next = reached + 1 == m_job.rank ? reached + 2 : reached + 1; });
            return std::nullopt;
        } catch (const std::exception &problem) {
            return Breakage{"the connection to rank " + std::to_string(next) + " did not come about: " + withoutPlace(problem.what()), "peer", next};
        }
    }

    std::optional<Breakage> measureAll()
    {
        try {
            for (std::size_t i = 0; i < m_job.stages.size() && !m_over; ++i)
                measure(int(i) + 2, m_job.stages[i]);
            meetAll(m_mesh);
        } catch (const std::bad_alloc &) {
            return Breakage{"there is not enough memory", "self", {}};
        } catch (const std::exception &problem) {
            const auto patience = Deadline::after(tellingSeconds);
            while (!gone() && !patience.passed() && !m_over)
                sleepUnlessStopped(0.02, &m_over);
            return Breakage{withoutPlace(problem.what()), "peer", gone()};
        }
        tellLags();
        enter(m_job.lastStage(), 0);
        m_rendezvous.leave();
        return std::nullopt;
    }

    void measure(int number, const Stage &stage)
    {
        enter(number, 0);
        const auto shape = shapeOf(stage, m_job.size);
        std::vector<std::uint32_t> input(shape.input), output(shape.output, unlikely);
        const auto work = prepare(m_mesh, stage, shape, input, output);
        const Content content(stage, shape, m_job.rank, m_job.size);
        Findings found;
        const double start = monotonicSeconds();
        double wall = 0;
        for (std::uint32_t round = 0; round == 0 || (wall < m_job.seconds && found.iterations < m_job.mostIterations); ++round) {
            content.fill(input, round);
            if (round == 0 && m_corrupts)
                corrupt(input, shape.summed);
            wall = batch(number, work, howMany(found), found, monotonicSeconds() - start);
            if (const auto wrong = content.wrong(output, round); wrong > 0) {
                if (found.wrong == 0)
                    found.firstWrong = whereWrong(content, output, round);
                found.wrong += wrong;
            }
            found.looked += content.looked();
        }
        found.byTime = wall >= m_job.seconds;
        tell(stage, shape, work.method, found);
    }

    /// A tenth of the time, so that there is a median; the same on all ranks, since it follows from what is the same on all.
    std::uint64_t howMany(const Findings &found) const
    {
        const auto left = m_job.mostIterations - std::min(found.iterations, m_job.mostIterations);
        if (found.seconds.empty())
            return 1;
        const double wanted = std::min(0.1, m_job.seconds / 10) / std::max(1e-7, found.seconds.values().back());
        return std::clamp<std::uint64_t>(std::uint64_t(std::min(wanted, 1e9)), 1, std::max<std::uint64_t>(1, left));
    }

    /// @p count iterations, from a barrier on. The first one of a stage warms up. Returns how long the stage takes already.
    double batch(int number, const Prepared &work, std::uint64_t count, Findings &found, double before)
    {
        if (found.seconds.empty()) {
            enter(number, 1);
            work.once();
        }
        const double came = monotonicSeconds();
        meetAll(m_mesh);
        const double began = monotonicSeconds();
        for (std::uint64_t i = 0; i < count; ++i) {
            enter(number, found.iterations + i + 2);
            work.once();
        }
        const double ended = monotonicSeconds();
        std::array figures{ended - began, began - came, before + ended - came};
        const double waited = figures[1];
        largestOfAll(m_mesh, figures);
        found.iterations += count;
        found.seconds.add(figures[0] / double(count));
        m_lags.add(std::max(0.0, figures[1] - waited) * 1e6); // who waited longest came first
        return figures[2];
    }

    static Parameters whereWrong(const Content &content, const std::vector<std::uint32_t> &output, std::uint32_t round)
    {
        const auto place = content.firstWrong(output, round).value_or(0);
        Parameters where{{"first_wrong_element", std::to_string(place)}, {"first_wrong_batch", std::to_string(round)}};
        if (const auto giver = content.giver(place))
            where["given_by_rank"] = std::to_string(*giver);
        return where;
    }

    static void corrupt(std::vector<std::uint32_t> &input, bool summed)
    {
        auto &word = input[input.size() / 2];
        word = summed ? std::bit_cast<std::uint32_t>(std::bit_cast<float>(word) + 1) : word ^ 1u;
    }

    void tell(const Stage &stage, const Shape &shape, std::string_view method, const Findings &found) const
    {
        const std::string name(nameOf(stage.operation));
        Parameters about{{"bytes", std::to_string(stage.bytes)},
                         {"message_bytes", std::to_string(shape.bytes())},
                         {"ranks", std::to_string(m_job.size)},
                         {"rank", std::to_string(m_job.rank)}};
        auto speed = about;
        speed["iterations"] = std::to_string(found.iterations);
        speed["seconds"] = numberText(m_job.seconds);
        speed["stopped_by"] = found.byTime ? "time" : "iterations";
        speed["method"] = method;
        speed["time"] = "of the slowest rank";
        speed["time_us"] = numberText(found.seconds.median() * 1e6);
        speed["operation"] = shape.summed ? "sum of float" : "copy";
        Samples algorithm, bus;
        for (const double seconds : found.seconds.values()) {
            algorithm.add(double(shape.bytes()) * 1e-9 / std::max(seconds, 1e-9));
            bus.add(algorithm.values().back() * shape.busFactor);
        }
        measured(name + "_algbw", Unit::GigabytesPerSecond, algorithm, speed);
        speed["formula"] = "algorithm bandwidth x " + numberText(shape.busFactor);
        measured(name + "_busbw", Unit::GigabytesPerSecond, bus, speed);
        about["verified_elements"] = std::to_string(found.looked);
        about.insert(found.firstWrong.begin(), found.firstWrong.end());
        Samples wrong;
        wrong.add(double(found.wrong));
        measured(name + "_wrong", Unit::Count, wrong, about);
    }

    /// Of all operations together: what it says is of the rank, not of what it does.
    void tellLags() const
    {
        measured("arrival_lag_us", Unit::Microseconds, m_lags,
                 {{"ranks", std::to_string(m_job.size)},
                  {"rank", std::to_string(m_job.rank)},
                  {"of", "coming to the barriers after the first rank, by how long each waits there"},
                  {"p99", numberText(m_lags.percentile(99))}});
    }

    void measured(std::string metric, Unit unit, const Samples &samples, const Parameters &parameters) const
    {
        m_say(protocol::Measurement{m_order.step, checkName, std::move(metric), unit, "node", samples.median(), std::uint32_t(samples.size()),
                                    samples.spread(), parameters});
    }

    const Job &m_job;
    const protocol::StartStep &m_order;
    RankPage &m_page;
    const Say &m_say;
    const std::atomic<bool> &m_over;
    Rendezvous m_rendezvous;
    std::shared_ptr<Mesh> m_mesh;
    Samples m_lags; ///< microseconds
    bool m_corrupts = false;
};

} // namespace

void runRank(const Job &job, const protocol::StartStep &order, RankPage &page, const Say &say, const std::atomic<bool> &over)
{
    using protocol::Event;
    using protocol::Severity;
    Rank rank(job, order, page, say, over);
    std::optional<Breakage> broken;
    try {
        broken = rank.run();
    } catch (const std::exception &problem) {
        broken = Breakage{withoutPlace(problem.what()), "self", {}};
    } catch (...) {
        broken = Breakage{"an exception of an unknown kind", "self", {}};
    }
    if (!broken) {
        say(Event{Severity::Info, doneWord, order.step, "node", "All is measured.", {}});
        return;
    }
    Parameters parameters{{"cause", broken->cause}};
    if (broken->peer)
        parameters["peer_rank"] = std::to_string(*broken->peer);
    say(Event{Severity::Warning, brokenWord, order.step, "node", broken->text, std::move(parameters)});
    while (!over) // with its connections open, so that the others do not take this one for the cause
        sleepUnlessStopped(0.1, &over);
}

} // namespace seatrial::engine::collective
