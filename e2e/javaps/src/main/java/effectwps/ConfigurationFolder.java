package effectwps;

import org.n52.janmayen.ConfigLocationProvider;

/** Where the server finds its configuration.json: where whoever starts it says, so that it need not be built for a port. */
public class ConfigurationFolder implements ConfigLocationProvider {
    @Override
    public String get() {
        return System.getProperty("javaps.configuration");
    }
}
