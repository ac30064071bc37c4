({ userAgent, platform, userAgentMetadata: hints }, languages) => {
  const define = (prototype, values) => {
    for (const [name, value] of Object.entries(values)) {
      Object.defineProperty(prototype, name, { get: () => value, configurable: true, enumerable: true });
    }
  };
  define(WorkerNavigator.prototype, {
    userAgent,
    platform,
    appVersion: userAgent.replace(/^Mozilla\//, ""),
    language: languages[0],
    languages: Object.freeze([...languages]),
  });
  // Only secure contexts have client hints.
  if (typeof NavigatorUAData === "undefined") return;
  const low = { brands: hints.brands, mobile: hints.mobile, platform: hints.platform };
  const high = { ...hints, uaFullVersion: hints.fullVersion, formFactors: [hints.mobile ? "Mobile" : "Desktop"] };
  define(NavigatorUAData.prototype, low);
  NavigatorUAData.prototype.toJSON = () => ({ ...low });
  NavigatorUAData.prototype.getHighEntropyValues = async (names) =>
    Object.fromEntries(Object.entries(high).filter(([name]) => name in low || names.includes(name)));
}
