// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/deployment.h"
#include "remote/deploy/bundle.h"
#include "remote/deploy/node_surveyor.h"

#include <mutex>

namespace seatrial::remote {

/// Puts the engine onto nodes as <base>/bundles/<sha256>/seatrial-engine: a folder of the user's own, no root, nothing
/// installed. docs/remote.md describes the layout.
class EngineDeployer : public campaign::Deployer
{
public:
    /// The file is read when it is first needed; a missing one is then a failure.
    explicit EngineDeployer(std::filesystem::path engine) : m_file(std::move(engine)) {}

    domain::Result<campaign::Probe> prepare(campaign::NodeLink &link, std::vector<campaign::RecipeStep> &steps,
                                            const std::atomic<bool> &cancelled) override;
    std::string attachCommand(const campaign::Probe &probe, const std::string &token, std::uint64_t from, bool afterLoss) const override;
    campaign::Surveyor &surveyor() override { return m_surveyor; }
    domain::Result<std::vector<std::string>> clean(campaign::NodeLink &link, const std::atomic<bool> &cancelled) override;

    /// Reads the answer of the probe's script.
    static domain::Result<campaign::Probe> parseProbe(const campaign::CommandOutput &answer, const std::string &sha256);
    /// Why no folder suits, with what to do.
    static domain::Failure noFolder(const campaign::Probe &probe);

private:
    const domain::Result<Bundle> &bundle();
    domain::Result<campaign::Probe> probe(campaign::NodeLink &link, const Bundle &bundle,
                                          std::vector<campaign::RecipeStep> &steps, const std::atomic<bool> &cancelled);
    domain::Result<void> upload(campaign::NodeLink &link, const Bundle &bundle, const campaign::Probe &probe,
                                std::vector<campaign::RecipeStep> &steps, const std::atomic<bool> &cancelled);

    std::filesystem::path m_file;
    std::once_flag m_once;
    domain::Result<Bundle> m_bundle;
    NodeSurveyor m_surveyor{[this]() -> const domain::Result<Bundle> & { return bundle(); }};
};

} // namespace seatrial::remote
