// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fake_surveyor.h"

#include "tests/support/fake_fleet.h"

#include <chrono>
#include <thread>

namespace seatrial::tests {

using namespace campaign;
using domain::Result;

namespace {

FakeSurvey &surveyOf(NodeLink &link)
{
    return FakeFleet::nodeOf(link).behaviour.survey;
}

template<typename Found>
Result<Found> answer(NodeLink &link, const char *question, const Found &found)
{
    const auto &failures = surveyOf(link).failures;
    if (const auto it = failures.find(question); it != failures.end())
        return std::unexpected(it->second);
    return found;
}

} // namespace

Result<ShellFound> FakeSurveyor::shell(NodeLink &link, const Cancelled &cancelled)
{
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(surveyOf(link).shellSeconds);
    while (!cancelled && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (cancelled)
        return std::unexpected(domain::Failure{domain::Stage::Preflight, domain::FailureKind::Cancelled, "cancelled", {}, {}});
    return answer(link, "shell", surveyOf(link).shell);
}

Result<MachineFound> FakeSurveyor::machine(NodeLink &link, const Cancelled &)
{
    return answer(link, "machine", surveyOf(link).machine);
}

Result<RoomFound> FakeSurveyor::room(NodeLink &link, const Cancelled &)
{
    return answer(link, "space", surveyOf(link).room);
}

Result<DriverFound> FakeSurveyor::driver(NodeLink &link, const Probe &, const Cancelled &)
{
    return answer(link, "driver", surveyOf(link).driver);
}

Result<ClockFound> FakeSurveyor::clock(NodeLink &link, const Cancelled &)
{
    return answer(link, "clock", surveyOf(link).clock);
}

Result<void> FakeSurveyor::tidy(NodeLink &, const Probe &, const Cancelled &)
{
    return {};
}

Result<Marker> FakeSurveyor::leaveMarker(NodeLink &link, const Probe &, Shelter shelter, const Cancelled &)
{
    const auto &survey = surveyOf(link);
    if (shelter == Shelter::UserScope && !survey.noScope.empty())
        return std::unexpected(domain::Failure{domain::Stage::Preflight, domain::FailureKind::Unsupported, survey.noScope, {}, {}});
    return answer(link, shelter == Shelter::UserScope ? "scope" : "survival", Marker{shelter, FakeFleet::nodeOf(link).logins, "1"});
}

Result<bool> FakeSurveyor::markerLives(NodeLink &link, const Probe &, const Marker &marker, const Cancelled &)
{
    auto &node = FakeFleet::nodeOf(link);
    if (node.links != 1 || node.logins != marker.process + 1)
        return std::unexpected(domain::Failure{domain::Stage::Internal, domain::FailureKind::Broken, "the login that left the marker has not ended", {}, {}});
    const auto &survey = node.behaviour.survey;
    return marker.shelter == Shelter::UserScope ? survey.scopeOutlives : !survey.loginEndsProcesses;
}

Result<void> FakeSurveyor::remember(NodeLink &link, const Probe &probe, const Cancelled &)
{
    auto &known = surveyOf(link).room.probe;
    known.survival = probe.survival;
    known.survivalReason = probe.survivalReason;
    return {};
}

} // namespace seatrial::tests
